// The calls that only the SOAP API has.
import assert from 'node:assert/strict';
import { accounts, check, connect, org } from './harness.mjs';

check('SOAP: time and user', async () => {
  const conn = await connect();
  const { timestamp } = await conn.soap.getServerTimestamp();
  assert.ok(Math.abs(new Date(timestamp) - Date.now()) < 60_000, timestamp);
  const info = await conn.soap.getUserInfo();
  assert.deepEqual([info.userId, info.userName, info.organizationId], [org.user_id, org.username, org.org_id]);
});

check('SOAP: records are created, updated, deleted and undeleted', async () => {
  const conn = await connect();
  const created = await conn.soap.create([{ type: 'Account', Name: 'Soap & co <1>', Site: 's' }, { type: 'Account' }]);
  assert.deepEqual(created.map((r) => r.success), [true, false]);
  assert.equal(created[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  const { id } = created[0];
  const updated = await conn.soap.update([{ type: 'Account', Id: id, Site: null }]);
  assert.deepEqual(updated.map((r) => [r.id, r.success]), [[id, true]]);
  const read = await conn.retrieve('Account', id);
  assert.deepEqual([read.Name, read.Site], ['Soap & co <1>', null]);
  const upserted = await conn.soap.upsert('Key__c', [{ type: 'Account', Key__c: 'soap', Name: 'x' }]);
  assert.deepEqual(upserted.map((r) => [r.success, r.created]), [[true, true]]);
  assert.deepEqual((await conn.soap.delete([id])).map((r) => r.success), [true]);
  assert.deepEqual((await conn.soap.undelete([id])).map((r) => [r.id, r.success]), [[id, true]]);
  assert.equal((await conn.retrieve('Account', id)).IsDeleted, false);
});

check('SOAP: merge', async () => {
  const conn = await connect();
  const [master, loser] = (await conn.create('Account', accounts('Merged', 2))).map((r) => r.id);
  const contact = await conn.create('Contact', { LastName: 'Moved', AccountId: loser });
  const merged = await conn.soap.merge({
    masterRecord: { type: 'Account', Id: master, Name: 'Merged' },
    recordToMergeIds: [loser],
  });
  assert.deepEqual([merged.id, merged.success], [master, true]);
  assert.deepEqual([merged.mergedRecordIds].flat(), [loser]);
  assert.equal((await conn.retrieve('Contact', contact.id)).AccountId, master);
  const { records } = await conn.query(`SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '${loser}'`, { scanAll: true });
  assert.deepEqual([records[0].IsDeleted, records[0].MasterRecordId], [true, master]);
});

check('SOAP: emptyRecycleBin', async () => {
  const conn = await connect();
  const { id } = await conn.create('Account', { Name: 'Gone for good' });
  await conn.destroy('Account', id);
  const emptied = await conn.soap.emptyRecycleBin([id]);
  assert.deepEqual([emptied].flat().map((r) => [r.id, r.success]), [[id, true]]);
  assert.deepEqual((await conn.soap.undelete([id])).map((r) => r.success), [false]);
});
