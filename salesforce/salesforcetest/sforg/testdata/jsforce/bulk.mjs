// Bulk API 2.0 and its predecessor.
import assert from 'node:assert/strict';
import { accounts, check, collect, connect, fails } from './harness.mjs';

check('Bulk 2.0 inserts, updates, upserts and deletes', async () => {
  const conn = await connect();
  const load = (operation, input, more) => conn.bulk2.loadAndWaitForResults({ object: 'Account', operation, input, ...more });

  const inserted = await load('insert', accounts('Bulk;2', 3, { Site: 'bulk2', NumberOfEmployees: 7 }));
  assert.deepEqual(inserted.successfulResults.map((r) => [r.sf__Created, r.Name]),
    [['true', 'Bulk;2 1'], ['true', 'Bulk;2 2'], ['true', 'Bulk;2 3']]);
  assert.deepEqual([inserted.failedResults, inserted.unprocessedRecords], [[], []]);
  const ids = inserted.successfulResults.map((r) => r.sf__Id);

  const updated = await load('update', ids.map((Id) => ({ Id, NumberOfEmployees: null, Description: 'a "b", c\nd' })));
  assert.deepEqual(updated.successfulResults.map((r) => [r.sf__Id, r.sf__Created]), ids.map((id) => [id, 'false']));
  const read = await conn.retrieve('Account', ids[0]);
  assert.deepEqual([read.NumberOfEmployees, read.Description], [null, 'a "b", c\nd']);

  const upserted = await load('upsert', [{ Key__c: 'b1', Name: 'x' }, { Key__c: 'b2', Name: 'y' }], { externalIdFieldName: 'Key__c' });
  assert.deepEqual(upserted.successfulResults.map((r) => r.sf__Created), ['true', 'true']);

  const deleted = await load('delete', ids.map((Id) => ({ Id })));
  assert.deepEqual(deleted.successfulResults.map((r) => r.sf__Id), ids);
  assert.equal(await conn.sobject('Account').count({ Site: 'bulk2' }), 0);
});

check('Bulk 2.0 tells which rows failed', async () => {
  const conn = await connect();
  const input = 'Name,Site\nGood,rows\n,rows\n';
  const { successfulResults, failedResults } = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'insert', input });
  assert.deepEqual(successfulResults.map((r) => r.Name), ['Good']);
  assert.deepEqual(failedResults.map((r) => [r.sf__Id, r.sf__Error, r.Name, r.Site]),
    [['', 'REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --', '', 'rows']]);
});

check('Bulk 2.0 step by step', async () => {
  const conn = await connect();
  const job = conn.bulk2.createJob({ object: 'Account', operation: 'insert', columnDelimiter: 'SEMICOLON', lineEnding: 'CRLF' });
  const opened = await job.open();
  assert.deepEqual([opened.id.slice(0, 3), opened.id.length, opened.state, opened.contentType], ['750', 18, 'Open', 'CSV']);
  assert.equal(opened.contentUrl, `services/data/v${conn.version}/jobs/ingest/${opened.id}/batches`);
  await job.uploadData('Name;Site\r\nStep;"by; step"\r\n');
  await job.close();
  assert.equal(job.getInfo().state, 'UploadComplete');
  await job.poll(20, 10_000);
  const info = await job.check();
  assert.deepEqual([info.state, info.jobType, info.numberRecordsProcessed, info.numberRecordsFailed], ['JobComplete', 'V2Ingest', 1, 0]);
  assert.equal((await job.getAllResults()).successfulResults[0].Site, 'by; step');
  await job.delete();
  await fails(job.check(), 'NOT_FOUND');
});

check('Bulk 2.0 abort', async () => {
  const conn = await connect();
  const job = conn.bulk2.createJob({ object: 'Account', operation: 'insert' });
  await job.open();
  await job.abort();
  assert.equal((await job.check()).state, 'Aborted');
});

check('Bulk 2.0 refuses what it does not know', async () => {
  const conn = await connect();
  const unknown = await fails(conn.bulk2.createJob({ object: 'Nonsense', operation: 'insert' }).open(), 'INVALIDJOB');
  assert.equal(unknown.message, 'InvalidJob : Unable to find object: Nonsense');
});

check('Bulk 2.0 query', async () => {
  const conn = await connect();
  const created = await conn.create('Account', accounts('Exported', 5, { Site: 'a, "b"\nc' }));
  const soql = "SELECT Id, Name, Site, Description, Owner.Username FROM Account WHERE Name LIKE 'Exported %' ORDER BY Name";
  const records = await collect(await conn.bulk2.query(soql, { pollInterval: 20, pollTimeout: 10_000 }));
  assert.deepEqual(records.map((r) => [r.Id, r.Name]), created.map((r, i) => [r.id, `Exported ${i + 1}`]));
  assert.deepEqual([records[0].Site, records[0].Description], ['a, "b"\nc', '']);
  assert.match(records[0]['Owner.Username'], /@/);
});

check('Bulk 2.0 query of deleted records', async () => {
  const conn = await connect();
  const { id } = await conn.create('Account', { Name: 'Exported later' });
  await conn.destroy('Account', id);
  const soql = "SELECT Id FROM Account WHERE Name = 'Exported later'";
  const options = { pollInterval: 20, pollTimeout: 10_000 };
  assert.equal((await collect(await conn.bulk2.query(soql, options))).length, 0);
  assert.equal((await collect(await conn.bulk2.query(soql, { ...options, scanAll: true }))).length, 1);
});

check('Bulk 1 inserts, upserts and deletes', async () => {
  const conn = await connect();
  const created = await conn.bulk.load('Account', 'insert', [...accounts('Bulk1', 2, { Site: 'bulk1', Description: null }), { Site: 'bulk1' }]);
  assert.deepEqual(created.map((r) => [r.success, r.created]), [[true, true], [true, true], [false, false]]);
  assert.match(created[2].errors[0], /^REQUIRED_FIELD_MISSING:Required fields are missing: \[Name\]:Name --/);
  const upserted = await conn.bulk.load('Account', 'upsert', { extIdField: 'Key__c' }, [{ Key__c: 'v1', Name: 'x' }]);
  assert.deepEqual(upserted.map((r) => [r.success, r.created]), [[true, true]]);
  const updated = await conn.sobject('Account').updateBulk([{ Id: created[0].id, Site: 'bulk1 too' }]);
  assert.deepEqual(updated.map((r) => [r.id, r.success, r.created]), [[created[0].id, true, false]]);
  const deleted = await conn.sobject('Account').destroyBulk([{ Id: created[0].id }]);
  assert.deepEqual(deleted.map((r) => r.success), [true]);
});

check('Bulk 1 step by step', async () => {
  const conn = await connect();
  const job = conn.bulk.createJob('Account', 'insert');
  const opened = await job.open();
  assert.deepEqual([opened.object, opened.operation, opened.state, opened.contentType], ['Account', 'insert', 'Open', 'CSV']);
  const batch = job.createBatch();
  const queued = new Promise((resolve, reject) => batch.on('queue', resolve).on('error', reject));
  batch.execute('Name\nBatch\n').catch?.(() => {});
  assert.equal((await queued).jobId, opened.id);
  batch.poll(20, 10_000);
  assert.equal((await batch)[0].success, true);
  assert.deepEqual((await job.list()).map((b) => [b.id, b.state, b.numberRecordsProcessed]), [[batch.id, 'Completed', '1']]);
  assert.equal((await job.close()).state, 'Closed');
});

check('Bulk 1 query', async () => {
  const conn = await connect();
  await conn.create('Account', accounts('Queried', 3));
  const stream = await conn.bulk.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Queried %' ORDER BY Name");
  assert.deepEqual((await collect(stream)).map((r) => r.Name), ['Queried 1', 'Queried 2', 'Queried 3']);
});

check('Bulk 1 refuses a session that ended', async () => {
  const conn = await connect();
  conn._refreshDelegate = undefined;
  conn.accessToken = 'expired';
  await fails(conn.bulk.createJob('Account', 'insert').open(), 'InvalidSessionId');
});
