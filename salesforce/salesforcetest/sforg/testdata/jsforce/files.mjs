// Attachments and files, as JSON and as multipart.
import assert from 'node:assert/strict';
import { check, connect } from './harness.mjs';

// Bytes that are no text in any encoding.
const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

async function blob(conn, object, id, field) {
  const chunks = [];
  for await (const chunk of conn.sobject(object).record(id).blob(field)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

check('an attachment is stored and read back', async () => {
  const conn = await connect();
  const account = await conn.create('Account', { Name: 'Attached' });
  const attachment = await conn.sobject('Attachment').create({
    ParentId: account.id, Name: 'a.bin', ContentType: 'application/octet-stream', Body: bytes.toString('base64'),
  });
  assert.match(attachment.id, /^00P/);
  const read = await conn.sobject('Attachment').retrieve(attachment.id);
  assert.equal(read.BodyLength, bytes.length);
  assert.equal(read.Body, `/services/data/v${conn.version}/sobjects/Attachment/${attachment.id}/Body`);
  assert.deepEqual(await blob(conn, 'Attachment', attachment.id, 'Body'), bytes);
});

check('an attachment as multipart', async () => {
  const conn = await connect();
  const account = await conn.create('Account', { Name: 'Attached' });
  const record = { ParentId: account.id, Name: 'b.txt', Body: bytes.toString('base64') };
  const multipartFileFields = { Body: { filename: 'b.txt', contentType: 'text/plain' } };
  const { id } = await conn.create('Attachment', record, { multipartFileFields });
  assert.deepEqual(await blob(conn, 'Attachment', id, 'Body'), bytes);
});

check('a file as multipart, with its document and links', async () => {
  const conn = await connect();
  const account = await conn.create('Account', { Name: 'Filed' });
  const record = { Title: 'Plan', PathOnClient: 'plan.pdf', FirstPublishLocationId: account.id, VersionData: bytes.toString('base64') };
  const multipartFileFields = { VersionData: { filename: 'plan.pdf', contentType: 'application/pdf' } };
  const version = await conn.create('ContentVersion', record, { multipartFileFields });
  assert.match(version.id, /^068/);
  const read = await conn.sobject('ContentVersion').retrieve(version.id);
  assert.deepEqual([read.Title, read.FileExtension, read.ContentSize, read.IsLatest], ['Plan', 'pdf', bytes.length, true]);
  assert.deepEqual(await blob(conn, 'ContentVersion', version.id, 'VersionData'), bytes);
  const links = await conn.sobject('ContentDocumentLink').find({ ContentDocumentId: read.ContentDocumentId }, 'LinkedEntityId');
  assert.ok(links.some((l) => l.LinkedEntityId === account.id));
});

check('a file as JSON, then its second version', async () => {
  const conn = await connect();
  const VersionData = bytes.toString('base64');
  const first = await conn.create('ContentVersion', { Title: 'Twice', PathOnClient: 'twice.bin', VersionData });
  const { ContentDocumentId } = await conn.retrieve('ContentVersion', first.id);
  const second = await conn.create('ContentVersion', { ContentDocumentId, Title: 'Twice', PathOnClient: 'twice.bin', VersionData: Buffer.from('new').toString('base64') });
  const versions = await conn.sobject('ContentVersion').find({ ContentDocumentId }, 'Id, VersionNumber, IsLatest').sort('VersionNumber');
  assert.deepEqual(versions.map((v) => [v.Id, v.VersionNumber, v.IsLatest]), [[first.id, '1', false], [second.id, '2', true]]);
  const document = await conn.retrieve('ContentDocument', ContentDocumentId);
  assert.equal(document.LatestPublishedVersionId, second.id);
  assert.equal((await blob(conn, 'ContentVersion', second.id, 'VersionData')).toString(), 'new');
});
