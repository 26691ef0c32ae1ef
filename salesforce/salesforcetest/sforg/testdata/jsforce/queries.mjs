// Queries with their pages, the query builder, and searches.
import assert from 'node:assert/strict';
import jsforce from 'jsforce';
import { accounts, check, collect, connect, fails } from './harness.mjs';

// pages asks for the smallest pages there are.
const pages = { 'Sforce-Query-Options': 'batchSize=200' };

// fill creates accounts and returns their ids.
async function fill(conn, prefix, n, more) {
  const created = await conn.create('Account', accounts(prefix, n, more), { allowRecursive: true });
  assert.ok(created.every((r) => r.success), JSON.stringify(created.find((r) => !r.success)));
  return created.map((r) => r.id);
}

check('a query with autoFetch reads every page', async () => {
  const conn = await connect();
  await fill(conn, 'Page', 450, { Site: 'pages' });
  const soql = "SELECT Id, Name FROM Account WHERE Site = 'pages' ORDER BY Id";
  const first = await conn.query(soql, { headers: pages });
  assert.deepEqual([first.totalSize, first.done, first.records.length], [450, false, 200]);
  const second = await conn.queryMore(first.nextRecordsUrl, { headers: pages });
  assert.deepEqual([second.totalSize, second.done, second.records.length], [450, false, 200]);
  const third = await conn.queryMore(second.nextRecordsUrl, { headers: pages });
  assert.deepEqual([third.done, third.records.length, third.nextRecordsUrl], [true, 50, undefined]);
  const all = await conn.query(soql, { autoFetch: true, maxFetch: 1000, headers: pages });
  assert.equal(all.records.length, 450);
  assert.equal(new Set(all.records.map((r) => r.Id)).size, 450);
  assert.deepEqual(all.records, [...first.records, ...second.records, ...third.records]);
  const some = await conn.query(soql, { autoFetch: true, maxFetch: 300, headers: pages });
  assert.equal(some.records.length, 300);
});

check('a query is a stream of records', async () => {
  const conn = await connect();
  const query = conn.query("SELECT Name FROM Account WHERE Site = 'pages'", { autoFetch: true, headers: pages });
  const found = collect(query);
  query.run({ autoFetch: true });
  assert.equal((await found).length, 450);
});

check('a wrong query is refused', async () => {
  const conn = await connect();
  const field = await fails(conn.query('SELECT Nonsense__c FROM Account'), 'INVALID_FIELD');
  assert.match(field.message, /ERROR at Row:1:Column:8\nNo such column 'Nonsense__c' on entity 'Account'/);
  await fails(conn.query('SELECT Id FROM Nonsense'), 'INVALID_TYPE');
  await fails(conn.query('SELECT FROM'), 'MALFORMED_QUERY');
  await fails(conn.queryMore('0r8000000000000AAA-2000'), 'INVALID_QUERY_LOCATOR');
});

check('the query builder: conditions, order, limit and offset', async () => {
  const conn = await connect();
  await conn.create('Account', ['b', 'a', 'c', 'd'].map((Name, i) => ({ Name, Site: 'built', NumberOfEmployees: i })));
  const Account = conn.sobject('Account');
  const anHourAgo = jsforce.SfDate.toDateTimeLiteral(new Date(Date.now() - 3_600_000));
  const found = await Account
    .find({ Site: 'built', NumberOfEmployees: { $gte: 1 }, Name: { $in: ['a', 'b', 'c', 'd'] }, CreatedDate: { $gt: anHourAgo } }, 'Id, Name')
    .sort({ Name: -1 })
    .limit(2)
    .skip(1);
  assert.deepEqual(found.map((r) => r.Name), ['c', 'a']);
  assert.deepEqual((await Account.findOne({ Site: 'built', Name: { $like: 'B%' } }, ['Name'])).Name, 'b');
  assert.equal(await Account.findOne({ Site: 'no such' }), null);
  assert.equal(await Account.count({ Site: 'built' }), 4);
  const whole = await Account.find({ Site: 'built', Name: 'a' }, '*');
  assert.equal(whole[0].NumberOfEmployees, 1);
});

check('parents and children', async () => {
  const conn = await connect();
  const { id } = await conn.create('Account', { Name: 'Parent', Site: 'family' });
  const childless = await conn.create('Account', { Name: 'Childless', Site: 'family' });
  await conn.create('Contact', ['Lee', 'Orr'].map((LastName) => ({ LastName, AccountId: id })));
  const parents = await conn.sobject('Account').find({ Site: 'family' }, 'Id, Name').sort('Name')
    .include('Contacts').select('LastName').sort('LastName', 'DESC').end();
  assert.equal(parents[0].Id, childless.id);
  assert.equal(parents[0].Contacts, null);
  assert.deepEqual(parents[1].Contacts.records.map((r) => r.LastName), ['Orr', 'Lee']);
  const [contact] = await conn.sobject('Contact').find({ LastName: 'Orr', 'Account.Site': 'family' }, 'Account.Name, Account.Owner.Name');
  assert.equal(contact.Account.attributes.type, 'Account');
  assert.equal(contact.Account.Name, 'Parent');
});

check('long lists of children are read to their end', async () => {
  const conn = await connect();
  const { id } = await conn.create('Account', { Name: 'Crowded' });
  const contacts = Array.from({ length: 450 }, (_, i) => ({ LastName: `C${i}`, AccountId: id }));
  await conn.create('Contact', contacts, { allowRecursive: true });
  const soql = `SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${id}'`;
  const { records } = await conn.query(soql, { autoFetch: true, headers: pages });
  assert.equal(records[0].Contacts.totalSize, 450);
  assert.equal(new Set(records[0].Contacts.records.map((r) => r.LastName)).size, 450);
});

check('groups', async () => {
  const conn = await connect();
  await conn.create('Account', [['x', 1], ['x', 2], ['y', 5]].map(([Site, NumberOfEmployees]) => ({ Name: 'Grouped', Site, NumberOfEmployees })));
  const { records } = await conn.query("SELECT Site, COUNT(Id), SUM(NumberOfEmployees) total FROM Account WHERE Name = 'Grouped' GROUP BY Site ORDER BY Site");
  assert.deepEqual(records.map((r) => [r.attributes.type, r.Site, r.expr0, r.total]),
    [['AggregateResult', 'x', 2, 3], ['AggregateResult', 'y', 1, 5]]);
});

check('queryAll sees deleted records, over several pages', async () => {
  const conn = await connect();
  const ids = await fill(conn, 'Bin', 250, { Site: 'bin' });
  await conn.destroy('Account', ids, { allowRecursive: true });
  const soql = "SELECT Id, IsDeleted FROM Account WHERE Site = 'bin'";
  assert.equal((await conn.query(soql)).totalSize, 0);
  const all = await conn.query(soql, { scanAll: true, autoFetch: true, headers: pages });
  assert.equal(all.records.length, 250);
  assert.ok(all.records.every((r) => r.IsDeleted));
});

check('the records of a query are updated and deleted', async () => {
  const conn = await connect();
  await fill(conn, 'Sweep', 30, { Site: 'sweep' });
  const Account = conn.sobject('Account');
  const updated = await Account.find({ Site: 'sweep' }, 'Id, Name').update({ Description: 'was ${Name}' });
  assert.equal(updated.filter((r) => r.success).length, 30);
  assert.equal((await Account.findOne({ Name: 'Sweep 7' }, 'Description')).Description, 'was Sweep 7');
  const deleted = await Account.find({ Site: 'sweep' }).destroy();
  assert.equal(deleted.filter((r) => r.success).length, 30);
  assert.equal(await Account.count({ Site: 'sweep' }), 0);
});

check('explain', async () => {
  const conn = await connect();
  const { plans } = await conn.query("SELECT Id FROM Account WHERE Name = 'x'").explain();
  assert.equal(plans[0].sobjectType, 'Account');
  assert.ok(['TableScan', 'Index'].includes(plans[0].leadingOperationType));
});

check('search', async () => {
  const conn = await connect();
  await conn.create('Account', [{ Name: 'Zebulon Works' }, { Name: 'Unrelated' }]);
  await conn.create('Contact', { LastName: 'Zebulon', FirstName: 'Ada' });
  const { searchRecords } = await conn.search('FIND {Zebulon*} IN NAME FIELDS RETURNING Account(Id, Name), Contact(LastName)');
  assert.deepEqual(searchRecords.map((r) => [r.attributes.type, r.Name ?? r.LastName]),
    [['Account', 'Zebulon Works'], ['Contact', 'Zebulon']]);
  await fails(conn.search('FIND Zebulon'), 'MALFORMED_SEARCH');
});

check('parameterized search', async () => {
  const conn = await connect();
  await conn.create('Account', { Name: 'Quillfeather Ltd' });
  const found = await conn.requestPost('/parameterizedSearch', { q: 'Quillfeather', sobjects: [{ name: 'Account', fields: ['Name'] }] });
  assert.deepEqual(found.searchRecords.map((r) => r.Name), ['Quillfeather Ltd']);
});

check('tooling query and describe', async () => {
  const conn = await connect();
  const { sobjects } = await conn.tooling.describeGlobal();
  assert.ok(sobjects.some((s) => s.name === 'EntityDefinition'));
  const { records } = await conn.tooling.query("SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Account'");
  assert.deepEqual(records.map((r) => r.QualifiedApiName), ['Account']);
});
