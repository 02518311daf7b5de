import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { settingsOf } from './settings';

/** Names of services of AWS, in any partition; not those of databases, caches and load balancers, which are no API. */
const OF_AWS =
  /^(?!.*\.(rds|elb|cache)\.).*\.(amazonaws\.com(\.cn)?|amazonaws\.eu|api\.aws)$/;
/** The id of an access key of a user; those of roles end by themselves. */
export const KEY_ID = /^AKIA[A-Z0-9]{12,124}$/;
const KEY_ON_LINE = /\bAKIA[A-Z0-9]{16}\b/;
/** Said of what carries it. */
const FOR_SDKS = /aws[-_.]?access[-_]?key/i;
/** SDKs take these. */
const OF_SDKS = ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'];

/** Variables by which a container sends its calls elsewhere than to AWS, by name. */
export function endpointsOf(container: V1Container): string[] {
  const { names, of } = settingsOf(container);
  const ignored = of('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS');
  if (ignored && ignored !== 'elsewhere' && ignored.value === 'true') return [];
  return names.filter(name => /^AWS_ENDPOINT_URL(_|$)/.test(name) && of(name));
}

/** Names of services of AWS that a pod resolves itself. */
export const aliasesOf = ({ spec }: V1Pod): string[] =>
  (spec?.hostAliases ?? [])
    .flatMap(({ hostnames = [] }) => hostnames)
    .filter(name => OF_AWS.test(name));

/** What holds the id of an access key that no SDK takes from there: a program may. */
export function otherKeysOf(container: V1Container): string[] {
  const { env, names, commandLine } = settingsOf(container);
  const found = names.filter(name => {
    const setting = env(name);
    return (
      !OF_SDKS.includes(name) &&
      typeof setting === 'object' &&
      KEY_ID.test(setting.value)
    );
  });
  return [
    ...found,
    ...(KEY_ON_LINE.test(commandLine) && !FOR_SDKS.test(commandLine)
      ? ['its command line']
      : []),
  ];
}

/** The regions that the spec of a container names, with their variables. */
export function regionsOf(container: V1Container): string[] {
  const { of } = settingsOf(container);
  const found = new Map<string, string>();
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const setting = of(name);
    // The report prints the value, so only a value that looks like a region may pass.
    const isNone =
      !setting || setting === 'elsewhere' || !/^[a-z\d-]+$/.test(setting.value);
    if (isNone) continue;
    // The webhook sets both to one region, which a sweep keeps for each container.
    if (!found.has(setting.value)) found.set(setting.value, name);
  }
  return [...found].map(([region, name]) => `${name} ${region}`);
}
