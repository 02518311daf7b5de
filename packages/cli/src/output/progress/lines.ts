import type { Output } from '../../io';
import { libraries } from '../../libraries';
import type { Progress } from './Progress';

/** Progress as lines in the order of time, for a log. */
export function linesOf(stderr: Output, many: boolean): Progress {
  const tell = (text: string) =>
    stderr.write(`${libraries.common.plainText(text)}\n`);
  return {
    look({ namespace, serviceAccount }) {
      const { common } = libraries;
      const prefix = many ? `${namespace}/${serviceAccount}  ` : '';
      return {
        checks: () => {},
        check: result => {
          if (!many) tell(common.renderCheckLine(result));
        },
        log: message => tell(`${prefix}${message}`),
        done: (report, againIn) => {
          const said = common.headline(report);
          if (many) tell(said);
          if (againIn !== undefined) {
            tell(`${prefix}${said} Verifying again in ${againIn} s.`);
          }
        },
      };
    },
    end: () => {},
  };
}

/** No progress. */
export const silent: Progress = {
  look: () => ({
    checks: () => {},
    check: () => {},
    log: () => {},
    done: () => {},
  }),
  end: () => {},
};
