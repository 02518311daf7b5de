import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { AGENT_IPV4, AGENT_URIS } from '../framework/addresses';
import type { CarriedFact } from '../framework/facts/workloads';
import { mainContainerOf } from './podState';
import { type Settings, settingsOf } from './settings';

const FULL_URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';

/** `--aws-access-key-id`: an option by which a program takes keys. */
const KEY_OPTION = /(^|\s)--?aws[-_]access[-_]key([-_]id)?[=\s]+\S/i;
/** `aws configure set aws_access_key_id …`, or a line of a credentials file. */
const KEY_OF_FILE = /\baws_access_key_id["']?(\s*=|\s)\s*\S/;

/** A shell, by its path or name. */
const SHELL = /^(?:\S*\/)?(?:ba|da|k|z)?sh$/;
/** More than one simple command, or one that a shell changes before it starts. */
const MANIFOLD = /[;&|()`\n#]|(^|\s)(\.|source)\s/;

/** What a command line does to variables, at the beginning of one of its commands. */
const TAKES: Record<string, RegExp> = {
  'env -i':
    /^(?:\S*\/)?env\s+(?:-i?|--ignore-environment)\s(?!.*AWS_CONTAINER_CREDENTIALS_FULL_URI)[^`(]*$/,
  'env -u':
    /^(?:\S*\/)?env\s(?:.*\s)?(?:-u|--unset)[\s=]AWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)(\s|$)/,
  unset:
    /^unset\s(?:.*\s)?AWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)(\s|$)/,
  'NAME=':
    /^(?:export\s+|(?:\S*\/)?env\s+)?(?:\w+=\S*\s+)*AWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)=(""|'')?(\s|$)/,
};
/** The AWS CLI behind `env -i`. */
const CLEARED_CLI =
  /^(?:\S*\/)?env\s+(?:-i?|--ignore-environment)\s+(?:\w+=\S*\s+)*(?:\S*\/)?aws\s/;
const ADDRESS =
  /^(?:export\s+|(?:\S*\/)?env\s+)?(?:\w+=\S*\s+)*AWS_CONTAINER_CREDENTIALS_FULL_URI=["']?([^\s"']+:\/\/[^\s"']*)/;
const PROXY =
  /^(?:export|(?:\S*\/)?env)\s+(?:\w+=\S*\s+)*(HTTP_PROXY|http_proxy)=["']?[^\s"'$`]/;
/** What takes no proxy. */
const EXCEPTION = /no_proxy/i;
/** The program `aws` with a profile, which a pod has only where a file brings it along. */
const PROFILE = /^(?:\S*\/)?aws\s(?:.*\s)?--profile[\s=]\S/;
/** The command line itself makes the profile. */
const MAKES_PROFILE = /\baws\s+configure\s|\.aws\/config|\[profile/;
/** A file that a shell reads. */
const SOURCED = /^(?:\.|source)\s+(\/[\w./-]+)/;

const wordsOf = ({ command = [], args = [] }: V1Container) => [
  ...command,
  ...args,
];
const isScript = ([shell = '', option = '']: readonly string[]) =>
  SHELL.test(shell) && /^-\w*c$/.test(option);

/** The commands of a container one by one, without comments and `exec`. */
function commandsOf(container: V1Container): string[] {
  // Most say nothing of what is looked for.
  if (!settingsOf(container).commandLine) return [];
  const words = wordsOf(container);
  const lines = isScript(words)
    ? (words[2] ?? '').split(/[\n;&|]/)
    : [words.join(' ')];
  return lines
    .map(line => line.trim().replace(/^exec\s+/, ''))
    .filter(line => !line.startsWith('#'));
}

const isOfAwsCli = ({ image = '' }: V1Container) =>
  /(^|\/)aws-cli([:@]|$)/.test(image);

/** The AWS CLI, as a command line or an image names it. */
export function awsProgramOf(container: V1Container): string | undefined {
  const { commandLine } = settingsOf(container);
  if (/(^|[\s;&|(])aws\s+[a-z]/.test(commandLine)) return 'the program aws';
  return isOfAwsCli(container) ? 'the image of the AWS CLI' : undefined;
}

/** The AWS CLI runs with an empty environment, and signs its requests. */
function clearsAwsCli(container: V1Container): boolean {
  const [command] = commandsOf(container);
  return (
    TAKES['env -i'].test(command) &&
    (isOfAwsCli(container) || CLEARED_CLI.test(command)) &&
    !command.includes('--no-sign-request')
  );
}

/** Its command line is one simple command that starts the program that counts, so what it says is what happens. */
function isCertain(
  container: V1Container,
  pod: V1Pod,
  counts = container.name === mainContainerOf(pod),
): boolean {
  const words = wordsOf(container);
  const [command] = commandsOf(container);
  return (
    counts &&
    container.command !== undefined &&
    !MANIFOLD.test(words.join(' ')) &&
    // A login shell reads files.
    !(isScript(words) && words[1] !== '-c') &&
    !command.split(/\s+/).some(word => SHELL.test(word))
  );
}

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

/** What a command line does, which only a certain one surely does. */
const carried = (
  what: CarriedFact['what'],
  isSure: boolean,
  does: string,
  by: string,
): CarriedFact => ({
  what,
  said: `${isSure ? '' : 'may '}${does}`,
  remedy: `${by} on the command line`,
  likely: isSure,
});

/** What a command line does to what an SDK needs to ask the agent. */
export function changedOnCommandLine(
  container: V1Container,
  pod: V1Pod,
): CarriedFact[] {
  const commands = commandsOf(container);
  if (commands.length === 0) return [];
  const isSure = isCertain(container, pod);
  const found: CarriedFact[] = [];
  const how = Object.keys(TAKES).find(one =>
    commands.some(command => TAKES[one].test(command)),
  );
  if (how) {
    const does = `take the variables of Pod Identity from their program on the command line (${how})`;
    const surely = isSure || isCertain(container, pod, clearsAwsCli(container));
    found.push(carried('cleared', surely, does, how));
  }
  const address = commands.map(one => ADDRESS.exec(one)?.[1]).find(Boolean);
  if (address && !AGENT_URIS.includes(address)) {
    const does = `set ${FULL_URI} on their command line`;
    found.push(carried('own-address', isSure, does, FULL_URI));
  }
  const { env = [], envFrom = [] } = container;
  const exceptions = env.filter(({ name }) => EXCEPTION.test(name));
  const text = JSON.stringify([...wordsOf(container), ...exceptions]);
  if (commands.some(one => PROXY.test(one)) && !text.includes(AGENT_IPV4)) {
    const isAlone = !EXCEPTION.test(text) && envFrom.length === 0;
    const does =
      'send requests to the agent through a proxy that their command line sets';
    found.push(carried('proxy', isSure && isAlone, does, 'the proxy'));
  }
  return found;
}

/** A profile that `aws` is to take, unless the command line makes it. */
export function profileOnCommandLine(
  container: V1Container,
  pod: V1Pod,
): CarriedFact[] {
  const isMade = wordsOf(container).some(one => MAKES_PROFILE.test(one));
  if (isMade || !commandsOf(container).some(one => PROFILE.test(one)))
    return [];
  const does = 'name a profile by --profile on their command line';
  return [carried('profile', isCertain(container, pod), does, '--profile')];
}

/** `. /vault/secrets/aws`: files of volumes from which a shell takes variables. What the image holds is of no volume. */
export function sourcedFiles(container: V1Container): string[] {
  const mounts = (container.volumeMounts ?? []).map(({ mountPath }) =>
    mountPath.replace(/\/?$/, '/'),
  );
  return commandsOf(container)
    .flatMap(one => SOURCED.exec(one)?.[1] ?? [])
    .filter(file => mounts.some(path => file.startsWith(path)))
    .map(file => `the file ${file}`);
}
