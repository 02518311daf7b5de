import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Output } from '../../io';
import { libraries } from '../../libraries';
import { wrapFor } from '../wrapping';
import type { Look, Progress } from './Progress';
import { StatusLine } from './StatusLine';

/**
 * The checks of one identity on a terminal: each once, as soon as those before it on the path are done, and below them what
 * the program is doing. Of a later look only what it sees otherwise.
 */
export class LiveChecks implements Progress {
  readonly #stdout: Output;
  readonly #status: StatusLine;
  /** Of the newest look, by id: the line of each check. */
  #lines?: ReadonlyMap<string, string>;

  constructor({ stdout, stderr }: { stdout: Output; stderr: Output }) {
    this.#stdout = stdout;
    this.#status = new StatusLine(stderr);
  }

  look(): Look {
    const shown = new Set<string>();
    const found = new Map<string, CheckResult>();
    let path: readonly string[] = [];
    const isFirst = this.#lines === undefined;
    const printed = (check: CheckResult) => {
      shown.add(check.id);
      this.#print(this.#lineOf(check, [...found.values()]));
    };
    return {
      checks: ids => {
        path = ids;
      },
      check: result => {
        found.set(result.id, result);
        if (isFirst) {
          const open = () => found.get(path.find(id => !shown.has(id)) ?? '');
          for (let next = open(); next; next = open()) printed(next);
        }
        this.#status.say(`${found.size} of ${path.length} checks`);
      },
      log: (said, level) => {
        const message = libraries.common.plainText(said);
        if (level === 'info') {
          const count = found.size ? `${found.size} of ${path.length}  ` : '';
          this.#status.say(`${count}${message}`);
        } else {
          this.#print(message);
        }
      },
      done: (report, againIn) => {
        this.#settle(report, shown);
        if (againIn !== undefined) {
          this.#print(libraries.common.headline(report));
          this.#status.say(`Verifying again in ${againIn} s.`);
        }
      },
    };
  }

  end(): void {
    this.#status.clear();
  }

  /** Prints what the report has and the look did not print: of the first look what is missing, of others what differs. */
  #settle({ checks }: VerificationReport, shown: ReadonlySet<string>): void {
    const before = this.#lines;
    const lines = checks.map(
      check => [check.id, this.#lineOf(check, checks)] as const,
    );
    for (const [id, line] of lines) {
      const isNew = before ? before.get(id) !== line : !shown.has(id);
      if (isNew) this.#print(line);
    }
    this.#lines = new Map(lines);
    this.#status.clear();
  }

  #lineOf(check: CheckResult, among: readonly CheckResult[]): string {
    return libraries.common.renderCheckLine(check, {
      among,
      stream: this.#stdout,
      wrap: wrapFor(this.#stdout),
    });
  }

  #print(line: string): void {
    this.#status.clear();
    this.#stdout.write(`${line}\n`);
  }
}
