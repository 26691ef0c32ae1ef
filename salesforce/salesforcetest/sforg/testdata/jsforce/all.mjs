// All checks. By hand, against a sforg that serves already:
//
//	npm ci && SFORG='the line that sforg printed' node all.mjs
//
// sforg needs -data world.json, and for the JWT bearer flow -jwt-cert, to which
// the key is given as "jwt_key" in SFORG.
import './login.mjs';
import './records.mjs';
import './queries.mjs';
import './bulk.mjs';
import './files.mjs';
import './soap.mjs';
import { runChecks } from './harness.mjs';

await runChecks();
