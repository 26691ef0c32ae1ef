// Does a job with jsforce. Its one argument is the job in JSON.
import fs from 'node:fs'
import jsforce from 'jsforce'

const job = JSON.parse(process.argv[2])
const conn = new jsforce.Connection({ instanceUrl: job.URL, accessToken: 'TOKEN', version: '63.0' })
const done = { records: 0, sum: 0 }

// Page by page is faster than a stream of records.
async function query() {
  let page = await conn.query('SELECT 20 fields FROM Account')
  for (;;) {
    for (const record of page.records) {
      done.records++
      done.sum += record.NumberOfEmployees
    }
    if (page.done) return
    page = await conn.queryMore(page.nextRecordsUrl)
  }
}

async function insert() {
  const leads = Array.from({ length: job.Records }, (_, i) => ({
    FirstName: 'Ada', LastName: `Lovelace ${i}`, Company: 'Analytical Engines & Co.', Email: `ada${i}@example.com`,
    Phone: '+44 20 7946 0000', City: 'London', AnnualRevenue: i + 0.5, NumberOfEmployees: i % 5000,
  }))
  const results = await conn.sobject('Lead').create(leads, { allowRecursive: true })
  if (!results.every((r) => r.success)) throw new Error('a record was refused')
  done.records = results.length
}

async function upload() {
  const data = fs.readFileSync(job.File).toString('base64')
  const result = await conn.sobject('ContentVersion').create({ Title: 'plan', PathOnClient: 'plan.pdf', VersionData: data })
  if (!result.success) throw new Error('the file was refused')
  done.records = 1
}

function peak() {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1])
}

const base = peak()
const cpu = process.cpuUsage()
const begun = process.hrtime.bigint()
await { query, insert, upload }[job.Operation]()
const wall = Number(process.hrtime.bigint() - begun)
const used = process.cpuUsage(cpu)
console.log(JSON.stringify({
  Wall: wall, CPU: (used.user + used.system) * 1000, Base: base, Peak: peak(), Records: done.records, Sum: done.sum,
}))
