// Records one by one and in arrays, what describes them, and what tells of
// their changes.
import assert from 'node:assert/strict';
import { accounts, check, connect, fails, org } from './harness.mjs';

const id = /^001[A-Za-z0-9]{15}$/;

check('versions, resources and limits', async () => {
  const conn = await connect();
  const versions = await conn.request('/services/data');
  assert.deepEqual(versions.at(-1).url, `/services/data/v${versions.at(-1).version}`);
  assert.ok(versions.some((v) => v.version === conn.version));
  const resources = await conn.request('/');
  assert.equal(resources.sobjects, `/services/data/v${conn.version}/sobjects`);
  const limits = await conn.limits();
  assert.ok(limits.DailyApiRequests.Max >= limits.DailyApiRequests.Remaining);
  assert.equal(conn.limitInfo.apiUsage.limit, limits.DailyApiRequests.Max);
  assert.ok(conn.limitInfo.apiUsage.used > 0);
});

check('describe global', async () => {
  const conn = await connect();
  const { encoding, maxBatchSize, sobjects } = await conn.describeGlobal();
  assert.deepEqual([encoding, maxBatchSize], ['UTF-8', 200]);
  const account = sobjects.find((s) => s.name === 'Account');
  assert.equal(account.keyPrefix, '001');
  assert.equal(account.custom, false);
  assert.equal(account.urls.describe, `/services/data/v${conn.version}/sobjects/Account/describe`);
});

check('describe', async () => {
  const conn = await connect();
  const account = await conn.sobject('Account').describe();
  const field = (name) => account.fields.find((f) => f.name === name);
  assert.deepEqual([field('Name').type, field('Name').length, field('Name').nillable], ['string', 255, false]);
  assert.deepEqual(field('OwnerId').referenceTo, ['User']);
  assert.equal(field('OwnerId').relationshipName, 'Owner');
  assert.deepEqual([field('Key__c').externalId, field('Key__c').unique, field('Key__c').custom], [true, true, true]);
  const contacts = account.childRelationships.find((c) => c.relationshipName === 'Contacts');
  assert.deepEqual([contacts.childSObject, contacts.field], ['Contact', 'AccountId']);
  await fails(conn.describe('Nonsense'), 'NOT_FOUND');
});

check('one record is created, read, updated and deleted', async () => {
  const conn = await connect();
  const Account = conn.sobject('Account');
  const created = await Account.create({ Name: 'Acme', NumberOfEmployees: 12 });
  assert.match(created.id, id);
  assert.deepEqual(created, { id: created.id, success: true, errors: [] });
  const read = await Account.retrieve(created.id);
  assert.equal(read.attributes.type, 'Account');
  assert.equal(read.attributes.url, `/services/data/v${conn.version}/sobjects/Account/${created.id}`);
  assert.deepEqual([read.Id, read.Name, read.NumberOfEmployees], [created.id, 'Acme', 12]);
  const updated = await Account.update({ Id: created.id, Name: 'Acme 2', NumberOfEmployees: null });
  assert.deepEqual(updated, { id: created.id, success: true, errors: [] });
  const some = await conn.retrieve('Account', created.id, { fields: ['Name', 'NumberOfEmployees'] });
  assert.deepEqual([some.Name, some.NumberOfEmployees], ['Acme 2', null]);
  assert.deepEqual(await Account.destroy(created.id), { id: created.id, success: true, errors: [] });
  await fails(Account.retrieve(created.id), 'NOT_FOUND');
  await fails(Account.destroy(created.id), 'ENTITY_IS_DELETED');
});

check('a record that breaks a rule is refused', async () => {
  const conn = await connect();
  const missing = await fails(conn.sobject('Account').create({}), 'REQUIRED_FIELD_MISSING');
  assert.equal(missing.message, 'Required fields are missing: [Name]');
  assert.deepEqual(missing.data.fields, ['Name']);
  await fails(conn.sobject('Account').create({ Name: 'x', Nonsense__c: 1 }), 'INVALID_FIELD');
  await fails(conn.sobject('Nonsense').create({ Name: 'x' }), 'NOT_FOUND');
});

check('arrays are created, read, updated and deleted', async () => {
  const conn = await connect();
  const Account = conn.sobject('Account');
  const created = await Account.create(accounts('Array', 3));
  assert.deepEqual(created.map((r) => r.success), [true, true, true]);
  const ids = created.map((r) => r.id);
  const updated = await Account.update(ids.map((Id, i) => ({ Id, Site: `s${i}` })));
  assert.deepEqual(updated, ids.map((id) => ({ id, success: true, errors: [] })));
  const missing = '001000000000000AAA';
  const read = await Account.retrieve([ids[2], missing, ids[0]], { fields: ['Name', 'Site'] });
  assert.deepEqual(read.map((r) => r && [r.Name, r.Site]), [['Array 3', 's2'], null, ['Array 1', 's0']]);
  const whole = await Account.retrieve([ids[1]]);
  assert.equal(whole[0].Site, 's1');
  const deleted = await Account.destroy(ids);
  assert.deepEqual(deleted, ids.map((id) => ({ id, success: true, errors: [] })));
});

check('of an array the good records are kept', async () => {
  const conn = await connect();
  const created = await conn.create('Account', [{ Name: 'Good' }, { Site: 'nameless' }]);
  assert.equal(created[0].success, true);
  assert.equal(created[1].success, false);
  assert.deepEqual(created[1].errors, [{
    statusCode: 'REQUIRED_FIELD_MISSING', message: 'Required fields are missing: [Name]', fields: ['Name'],
  }]);
});

check('of an array all records or none', async () => {
  const conn = await connect();
  const created = await conn.create('Account', [{ Name: 'Undone' }, { Site: 'nameless' }], { allOrNone: true });
  assert.deepEqual(created.map((r) => [r.success, r.errors[0].statusCode]),
    [[false, 'ALL_OR_NONE_OPERATION_ROLLED_BACK'], [false, 'REQUIRED_FIELD_MISSING']]);
  assert.equal(await conn.sobject('Account').count({ Name: 'Undone' }), 0);
});

check('an array of several objects', async () => {
  const conn = await connect();
  const created = await conn.create(null, [
    { attributes: { type: 'Account' }, Name: 'Mixed' },
    { attributes: { type: 'Contact' }, LastName: 'Mixed' },
  ]);
  assert.deepEqual(created.map((r) => r.id.slice(0, 3)), ['001', '003']);
});

check('an array above 200 records is refused, or cut by the client', async () => {
  const conn = await connect();
  await fails(conn.create('Account', accounts('Many', 201)), 'EXCEEDED_ID_LIMIT');
  const created = await conn.create('Account', accounts('Many', 250), { allowRecursive: true });
  assert.equal(created.filter((r) => r.success).length, 250);
  const ids = created.map((r) => r.id);
  const deleted = await conn.destroy('Account', ids, { allowRecursive: true });
  assert.deepEqual(deleted.map((r) => r.id), ids);
});

check('upsert by external id', async () => {
  const conn = await connect();
  const first = await conn.upsert('Account', { Key__c: 'k1', Name: 'One' }, 'Key__c');
  assert.deepEqual([first.success, first.created], [true, true]);
  const second = await conn.upsert('Account', { Key__c: 'k1', Name: 'One again' }, 'Key__c');
  assert.deepEqual([second.id, second.success, second.created], [first.id, true, false]);
  const records = [{ Key__c: 'k1', Name: 'Once more' }, { Key__c: 'k2', Name: 'Two' }];
  const both = await conn.upsert('Account', records, 'Key__c');
  assert.deepEqual(both.map((r) => [r.success, r.created]), [[true, false], [true, true]]);
  assert.equal(both[0].id, first.id);
  assert.equal((await conn.retrieve('Account', first.id)).Name, 'Once more');
});

check('upsert by an external id that several records have', async () => {
  const conn = await connect();
  const created = await conn.create('Account', accounts('Twin', 2, { Group__c: 'twins' }));
  const several = await fails(conn.upsert('Account', { Group__c: 'twins', Name: 'x' }, 'Group__c'), 'MULTIPLE_CHOICES');
  assert.deepEqual(several.data.map((url) => url.split('/').pop()).sort(), created.map((r) => r.id).sort());
});

check('updated and deleted', async () => {
  const conn = await connect();
  const Account = conn.sobject('Account');
  const [kept, gone] = await Account.create(accounts('Replicated', 2));
  await Account.destroy(gone.id);
  const start = new Date(Date.now() - 5 * 60_000);
  const end = new Date(Date.now() + 2 * 60_000);
  const updated = await Account.updated(start, end);
  assert.ok(updated.ids.includes(kept.id));
  assert.ok(!updated.ids.includes(gone.id));
  assert.match(updated.latestDateCovered, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
  const deleted = await Account.deleted(start.toISOString(), end.toISOString());
  assert.deepEqual(deleted.deletedRecords.filter((r) => [kept.id, gone.id].includes(r.id)).map((r) => r.id), [gone.id]);
  assert.ok(new Date(deleted.earliestDateAvailable) < start);
  await fails(Account.updated(end, start), 'INVALID_REPLICATION_DATE');
});

check('composite with references', async () => {
  const conn = await connect();
  const base = `/services/data/v${conn.version}`;
  const { compositeResponse } = await conn.requestPost('/composite', {
    allOrNone: true,
    compositeRequest: [
      { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'account', body: { Name: 'Parts' } },
      { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'contact', body: { LastName: 'Lee', AccountId: '@{account.id}' } },
      { method: 'GET', url: `${base}/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{contact.id}'`, referenceId: 'query' },
    ],
  });
  assert.deepEqual(compositeResponse.map((r) => [r.referenceId, r.httpStatusCode]), [['account', 201], ['contact', 201], ['query', 200]]);
  assert.match(compositeResponse[0].body.id, id);
  assert.equal(compositeResponse[0].httpHeaders.Location, `${base}/sobjects/Account/${compositeResponse[0].body.id}`);
  assert.equal(compositeResponse[2].body.records[0].Account.Name, 'Parts');
});

check('composite: all or none', async () => {
  const conn = await connect();
  const url = `/services/data/v${conn.version}/sobjects/Account`;
  const { compositeResponse } = await conn.requestPost('/composite', {
    allOrNone: true,
    compositeRequest: [
      { method: 'POST', url, referenceId: 'good', body: { Name: 'Taken back' } },
      { method: 'POST', url, referenceId: 'bad', body: {} },
    ],
  });
  assert.deepEqual(compositeResponse.map((r) => [r.httpStatusCode, r.body[0].errorCode]),
    [[400, 'PROCESSING_HALTED'], [400, 'REQUIRED_FIELD_MISSING']]);
  assert.equal(await conn.sobject('Account').count({ Name: 'Taken back' }), 0);
});

check('composite batch', async () => {
  const conn = await connect();
  const { hasErrors, results } = await conn.requestPost('/composite/batch', {
    batchRequests: [
      { method: 'GET', url: `v${conn.version}/limits` },
      { method: 'GET', url: `v${conn.version}/sobjects/Account/001000000000000AAA` },
    ],
  });
  assert.equal(hasErrors, true);
  assert.deepEqual(results.map((r) => r.statusCode), [200, 404]);
  assert.ok(results[0].result.DailyApiRequests.Max > 0);
  assert.equal(results[1].result[0].errorCode, 'NOT_FOUND');
});

check('composite tree', async () => {
  const conn = await connect();
  const lee = { attributes: { type: 'Contact', referenceId: 'lee' }, LastName: 'Lee' };
  const oak = { attributes: { type: 'Account', referenceId: 'oak' }, Name: 'Oak', Contacts: { records: [lee] } };
  const { hasErrors, results } = await conn.requestPost('/composite/tree/Account', { records: [oak] });
  assert.equal(hasErrors, false);
  assert.deepEqual(results.map((r) => r.referenceId), ['oak', 'lee']);
  const contact = await conn.sobject('Contact').retrieve(results[1].id);
  assert.equal(contact.AccountId, results[0].id);
});

check('composite graph', async () => {
  const conn = await connect();
  const url = `/services/data/v${conn.version}/sobjects/Account`;
  const part = (body) => ({ method: 'POST', url, referenceId: 'account', body });
  const { graphs } = await conn.requestPost('/composite/graph', {
    graphs: [
      { graphId: '1', compositeRequest: [part({ Name: 'Graph' })] },
      { graphId: '2', compositeRequest: [part({})] },
    ],
  });
  assert.deepEqual(graphs.map((g) => [g.graphId, g.isSuccessful]), [['1', true], ['2', false]]);
  assert.equal(graphs[0].graphResponse.compositeResponse[0].httpStatusCode, 201);
});

check('owner and the user behind the session', async () => {
  const conn = await connect();
  const { id } = await conn.create('Account', { Name: 'Owned' });
  const { records } = await conn.query(`SELECT Owner.Username, CreatedById FROM Account WHERE Id = '${id}'`);
  assert.deepEqual([records[0].Owner.Username, records[0].CreatedById], [org.username, org.user_id]);
});

check('recent records', async () => {
  const conn = await connect();
  const { id } = await conn.create('Account', { Name: 'Just made' });
  const recent = await conn.recent('Account');
  assert.deepEqual(recent.filter((r) => r.Id === id).map((r) => r.Name), ['Just made']);
  const everywhere = await conn.recent(100);
  assert.deepEqual(everywhere.filter((r) => r.Id === id).map((r) => r.attributes),
    [{ type: 'Account', url: `/services/data/v${conn.version}/sobjects/Account/${id}` }]);
});

check('what surrounds records on a page', async () => {
  const conn = await connect();
  const Account = conn.sobject('Account');
  assert.ok((await Account.layouts()).layouts.length > 0);
  assert.ok(Array.isArray((await Account.compactLayouts()).compactLayouts));
  assert.ok(Array.isArray((await Account.approvalLayouts()).approvalLayouts));
  assert.ok(Array.isArray((await Account.listviews()).listviews));
  assert.ok(Array.isArray(await Account.quickActions()));
  assert.ok((await conn.tabs()).some((tab) => tab.sobjectName === 'Account'));
  assert.ok(Array.isArray((await conn.theme()).themeItems));
});

check('an older version answers in its own way', async () => {
  const conn = await connect({ version: '45.0' });
  const made = await conn.upsert('Account', { Key__c: 'old', Name: 'Old' }, 'Key__c');
  assert.equal(made.success, true);
  assert.deepEqual(await conn.upsert('Account', { Key__c: 'old', Name: 'Older' }, 'Key__c'), { success: true, errors: [] });
  const parallel = await conn.upsert('Account', [{ Key__c: 'old', Name: 'x' }, { Key__c: 'old2', Name: 'y' }], 'Key__c');
  assert.deepEqual(parallel.map((r) => r.success), [true, true]);
});

check('a version that is retired and one that is to come', async () => {
  await fails((await connect({ version: '20.0' })).query('SELECT Id FROM User'), 'GONE');
  await fails((await connect({ version: '99.0' })).query('SELECT Id FROM User'), 'NOT_FOUND');
});
