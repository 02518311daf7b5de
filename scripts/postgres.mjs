import { createInterface } from 'node:readline';
import { main } from './lib/problem.mjs';
import { startPostgres } from './lib/postgres.mjs';

/**
 * A separate PostgreSQL for one test, which may stop it. Prints its connection string as the first line, then obeys the
 * lines that it reads and answers each with the same word: `stop` and `crash` keep the data, `start` starts it
 * again on the same port. It ends, and its data goes, when its input ends: nothing outlives the test.
 */
await main(async () => {
  const postgres = await startPostgres({ durable: true });
  const commands = {
    stop: () => postgres.pause('SIGINT'),
    crash: () => postgres.pause('SIGQUIT'),
    start: () => postgres.resume(),
  };
  console.log(postgres.connection);
  for await (const command of createInterface({ input: process.stdin })) {
    if (!Object.hasOwn(commands, command)) {
      throw new Error(`There is no command "${command}"`);
    }
    await commands[command]();
    console.log(command);
  }
  await postgres.stop();
});
