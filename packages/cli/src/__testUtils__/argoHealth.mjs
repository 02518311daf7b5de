/**
 * Runs a health script as Argo CD does, with the object in `obj`, and prints what it answers. It stands in for the Lua in
 * Argo CD, which allows the basic functions, tables and parts of `os` alone. Apart from the tests, whose runner
 * cannot load it.
 *
 *   echo '{"script":"return { status = \"Healthy\" }","object":{}}' | node argoHealth.mjs
 */
import { readFileSync } from 'node:fs';
import { LuaFactory } from 'wasmoon';

const { script, object } = JSON.parse(readFileSync(0, 'utf8'));
const lua = await new LuaFactory().createEngine({ enableProxy: false });
for (const library of ['string', 'math', 'io', 'debug', 'utf8']) {
  lua.global.set(library, undefined);
}
lua.global.set('obj', object);
console.log(JSON.stringify(await lua.doString(script)));
lua.global.close();
