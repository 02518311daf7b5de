import type {
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Output } from '../../io';
import { libraries } from '../../libraries';
import { statusLines } from '../statusLines';
import type { Look, Progress } from './Progress';
import { StatusLine } from './StatusLine';

const nameOf = (ref: ServiceAccountRef) =>
  `${ref.namespace}/${ref.serviceAccount}`;

/** Many identities on a terminal: the status of each once, in the order of their names, as soon as it is known. */
export class LiveList implements Progress {
  readonly #stdout: Output;
  readonly #status: StatusLine;
  readonly #refs: readonly ServiceAccountRef[];
  readonly #done = new Map<string, VerificationReport>();
  #shown = 0;

  constructor(
    { stdout, stderr }: { stdout: Output; stderr: Output },
    refs: readonly ServiceAccountRef[],
  ) {
    this.#stdout = stdout;
    this.#status = new StatusLine(stderr);
    this.#refs = refs;
  }

  look(ref: ServiceAccountRef): Look {
    const say = (text: string) =>
      this.#status.say(
        `${this.#done.size} of ${this.#refs.length}  ${nameOf(ref)}  ${text}`,
      );
    return {
      checks: () => {},
      check: () => {},
      log: message => say(libraries.common.plainText(message)),
      done: (report, againIn) => {
        const said = libraries.common.headline(report);
        if (againIn !== undefined) {
          say(`${said} Verifying again in ${againIn} s.`);
          return;
        }
        this.#done.set(nameOf(ref), report);
        this.#status.clear();
        for (let next = this.#next(); next !== undefined; next = this.#next()) {
          this.#shown += 1;
          this.#stdout.write(`${statusLines(next, this.#stdout)}\n`);
        }
      },
    };
  }

  end(): void {
    this.#status.clear();
  }

  #next(): VerificationReport | undefined {
    const ref = this.#refs[this.#shown];
    return ref && this.#done.get(nameOf(ref));
  }
}
