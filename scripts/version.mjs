import { onToolchain } from './lib/environment.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { writeReadmeVersions } from './lib/readmeVersions.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';

/** Turns the changesets into versions and changelogs, and has the pages for adopters name them: "yarn versions". */
await main(async () => {
  await setUp();
  const { code } = await run('changeset', ['version'], {
    cwd: root,
    env: onToolchain(),
    onLine: line => console.log(line),
  });
  if (code === 0) writeReadmeVersions();
  return code;
});
