import { onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { sandboxDirectory } from './lib/paths.mjs';
import { assertPortFree } from './lib/ports.mjs';
import { startSandbox } from './lib/portal.mjs';
import { endAll } from './lib/run.mjs';
import { Service } from './lib/service.mjs';
import { setUp } from './lib/setup.mjs';
import { join } from 'node:path';

const help = `yarn dev

The sandbox, the backend (http://localhost:7007) and the frontend (http://localhost:3000), the latter two reloading on
every change. The output of all three is shown here and kept in .sandbox/*.log. Ctrl-C stops them.`;

await command('yarn dev', help, {}, async () => {
  for (const port of [3000, 7007]) {
    await assertPortFree(
      port,
      'yarn dev needs 3000 and 7007; "npm start" takes any',
    );
  }
  await setUp();
  const show = name => line => console.log(`${name.padEnd(8)} | ${line}`);
  const sandbox = await startSandbox({
    env: onToolchain(),
    directory: sandboxDirectory,
    onLine: show('sandbox'),
  });
  const env = {
    ...sandbox.portalEnv,
    FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
    // The browser talks to the development server, which is not where npm start serves the app
    APP_CONFIG_app_baseUrl: JSON.stringify('http://localhost:3000'),
  };
  const services = ['backend', 'app'].map(
    name =>
      new Service({
        name,
        command: ['yarn', 'workspace', name, 'start'],
        env,
        log: join(sandboxDirectory, `${name}.log`),
        onLine: show(name),
      }),
  );
  const death = await Promise.race(
    [sandbox.service, ...services].map(service =>
      service.ended.then(how => service.deathOf(how)),
    ),
  );
  await endAll();
  throw death;
});
