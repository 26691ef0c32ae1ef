import './login.mjs';
import './records.mjs';
import './queries.mjs';
import './bulk.mjs';
import './files.mjs';
import './soap.mjs';
import { runChecks } from './harness.mjs';

await runChecks();
