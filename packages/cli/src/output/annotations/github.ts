import { randomUUID } from 'node:crypto';
import { type Annotation, onOneLine } from './annotation';

/**
 * Text as the data of a workflow command. A runner takes these back, and reads a line's end as that of the command: as in
 * `command.ts` of the toolkit that GitHub publishes.
 */
const data = (text: string) =>
  text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');

/** Text as a property of a workflow command, which ends at a colon or a comma too. */
const property = (text: string) =>
  data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

function commandOf({ level, report, sentence, actions, place }: Annotation) {
  const { cluster, namespace, serviceAccount } = report.ref;
  const properties = {
    ...(place ? { file: place.file, line: String(place.line) } : {}),
    title: `${namespace}/${serviceAccount} on ${cluster}`,
  };
  const said = Object.entries(properties)
    .map(([name, value]) => `${name}=${property(onOneLine(value))}`)
    .join(',');
  const steps = actions.map((one, index) => `${index + 1}. ${one}`);
  return `::${level} ${said}::${data([sentence, ...steps].join('\n'))}\n`;
}

/**
 * A report of a GitHub workflow: the text for its log, in which a runner looks for no commands, and behind it a command
 * for each annotation.
 */
export function renderGitHub(
  text: string,
  annotations: readonly Annotation[],
): string {
  // Nothing that the text quotes can guess it, and so none of its lines can be a command.
  const token = randomUUID();
  const ended = text.endsWith('\n') ? text : `${text}\n`;
  return [
    `::stop-commands::${token}\n`,
    ended,
    `::${token}::\n`,
    ...annotations.map(commandOf),
  ].join('');
}
