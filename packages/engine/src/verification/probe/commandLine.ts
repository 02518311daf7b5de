import type { V1Container } from '../../kubernetes/objects';
import type { CarriedFact } from '../framework/facts/workloads';
import { type Settings, settingsOf } from './settings';

const FULL_URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';

/** `--aws-access-key-id`: an option by which a program takes keys. */
const KEY_OPTION = /(^|\s)--?aws[-_]access[-_]key([-_]id)?[=\s]+\S/i;
/** `aws configure set aws_access_key_id …`, or a line of a credentials file. */
const KEY_OF_FILE = /\baws_access_key_id["']?(\s*=|\s)\s*\S/;

/** `env -i app`, also behind `exec` in a shell: the program starts without the variables of its container. */
const WIPED =
  /(?:^|\bexec\s)\s*(?:[\w./-]*\/)?env\s+(?:-i?|--ignore-environment)\s/;
/** `env -u NAME` and `NAME= app`, of what a program needs to ask the agent. */
const TAKEN =
  /(-u|--unset)[\s=]AWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)\b|\bAWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)=(""|'')?([\s;&|]|$)/;
const NEEDED =
  /\sAWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)(\s|$)/;
/** The commands of a line, one by one. */
const commandsOf = (commandLine: string) => commandLine.split(/[;&|]/);
const unsets = (command: string) =>
  /(^|\s)unset\s/.test(command) && NEEDED.test(command);
/** A file that a shell reads. */
const SOURCED = /(?:^|[\s;&|])(\.|source)\s+(\/[\w./-]+)/g;
/** The program `aws` with a profile, which a pod has only where a file brings it along. */
const takesProfile = (command: string) =>
  /(^|[\s(/])aws\s/.test(command) && /\s--profile[\s=]\S/.test(command);
/** The command line itself makes the profile. */
const MAKES_PROFILE = /\baws\s+configure\s/;

/** Keys that programs are given on the command line, beside variables. */
export function keysOnCommandLine({ commandLine }: Settings): CarriedFact[] {
  const found: CarriedFact[] = [];
  if (KEY_OPTION.test(commandLine)) {
    found.push({
      what: 'keys',
      said: 'pass an access key of AWS as an option on their command line',
      remedy: 'the access key on the command line',
      likely: true,
    });
  }
  if (KEY_OF_FILE.test(commandLine)) {
    found.push({
      what: 'home-files',
      said: 'write aws_access_key_id into a file on their command line',
      remedy: 'aws_access_key_id on the command line',
      likely: true,
    });
  }
  return found;
}

/**
 * What a command line does to the variables that the webhook sets.
 *
 * @param isAgent - whether an address is that of the agent
 */
export function changedOnCommandLine(
  settings: Settings,
  isAgent: (address: string) => boolean,
): CarriedFact[] {
  const { commandLine } = settings;
  const wiped = WIPED.test(commandLine) && !commandLine.includes(FULL_URI);
  const taken = TAKEN.test(commandLine) || commandsOf(commandLine).some(unsets);
  if (wiped || taken) {
    const how = wiped ? 'env -i' : 'unset';
    return [
      {
        what: 'cleared',
        said: `take the variables of Pod Identity from their program on the command line (${how})`,
        remedy: `${how} on the command line`,
        likely: true,
      },
    ];
  }
  const own = settings.line(FULL_URI);
  if (!own || (own !== 'elsewhere' && isAgent(own.value))) return [];
  return [
    {
      what: 'own-address',
      said: `set ${FULL_URI} on their command line`,
      remedy: `${FULL_URI} on the command line`,
      likely: true,
    },
  ];
}

/** A profile that `aws` is to take, unless the command line makes it. */
export const namesProfile = ({ commandLine }: Settings) =>
  commandsOf(commandLine).some(takesProfile) &&
  !MAKES_PROFILE.test(commandLine);

/** `. /vault/secrets/aws`: files of volumes from which a shell takes variables. What the image holds is of no volume. */
export function sourcedFiles(container: V1Container): string[] {
  const { commandLine } = settingsOf(container);
  const mounts = (container.volumeMounts ?? []).map(({ mountPath }) =>
    mountPath.replace(/\/?$/, '/'),
  );
  return [...commandLine.matchAll(SOURCED)]
    .map(([, , file]) => file)
    .filter(file => mounts.some(path => file.startsWith(path)))
    .map(file => `the file ${file}`);
}
