import { appendFileSync } from 'node:fs';
import { UsedRights } from './contract';

/**
 * Appends the first use of each right to a file, as `<principal ARN> <right>`. A test run holds them against the rights
 * that the documentation asks for.
 */
export class Rights implements UsedRights {
  readonly #seen = new Set<string>();

  /** @param file - without one, nothing is recorded */
  constructor(private readonly file?: string) {}

  use(principalArn: string, right: string): void {
    const line = `${principalArn} ${right}\n`;
    if (this.file && !this.#seen.has(line)) {
      this.#seen.add(line);
      // At once, so that a process that is killed has said all
      appendFileSync(this.file, line);
    }
  }
}
