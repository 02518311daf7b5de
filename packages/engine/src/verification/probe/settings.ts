import type { V1Container } from '../../kubernetes/objects';

/** What a spec says about one variable: its literal value, or that something else decides it. */
type Setting = { value: string } | 'elsewhere' | undefined;

/** The variables of a container, as far as its spec shows them. */
export interface Settings {
  /** From its `env`. */
  env(name: string): Setting;
  /** From its `env`, else from its command line. */
  of(name: string): Setting;
  /** Its command line assigns it, and its `env` does not. */
  onCommandLine(name: string): boolean;
  names: readonly string[];
  /** Empty where nothing of it is about AWS, its variables or a proxy. */
  commandLine: string;
}

/** Assignments of a shell, of `env` and of options such as `--env=NAME=value`. */
const ASSIGNMENT =
  /(?:^|[\s;&|(`"'=])((?:AWS_|_?JAVA_|JDK_JAVA_)[A-Z0-9_]+|HOME)=("[^"]*"|'[^']*'|[^\s;&|)]*)/g;

/** What a command line holds that is worth a closer look. */
const WORTH_A_LOOK =
  /aws|AKIA|JAVA_|HOME=|_proxy=|\benv\b|(^|\s)(\.|source)\s+\//i;

/** Variables that a command line assigns; not those that it empties or hands on. */
function assigned(commandLine: string): Map<string, Setting> {
  const found = new Map<string, Setting>();
  for (const [, name, text] of commandLine.matchAll(ASSIGNMENT)) {
    const value = text.replace(/^["']|["']$/g, '');
    const handedOn = new RegExp(`^\\$[{(]?${name}\\b`).test(value);
    if (value && !handedOn) {
      found.set(name, /[$`]/.test(value) ? 'elsewhere' : { value });
    }
  }
  return found;
}

/** A sweep asks this of each container of a cluster, several times. */
const known = new WeakMap<V1Container, Settings>();

export function settingsOf(container: V1Container): Settings {
  const settings = known.get(container) ?? readSettings(container);
  known.set(container, settings);
  return settings;
}

function readSettings(container: V1Container): Settings {
  const variables = new Map((container.env ?? []).map(one => [one.name, one]));
  const text = [...(container.command ?? []), ...(container.args ?? [])].join(
    '\n',
  );
  const commandLine = WORTH_A_LOOK.test(text) ? text : '';
  const line = assigned(commandLine);
  const env = (name: string): Setting => {
    const variable = variables.get(name);
    if (!variable) return undefined;
    if (variable.valueFrom) return 'elsewhere';
    // SDKs and proxies treat an empty variable as absent.
    return variable.value ? { value: variable.value } : undefined;
  };
  return {
    env,
    of: name => env(name) ?? line.get(name),
    onCommandLine: name => !env(name) && line.has(name),
    names: line.size
      ? [...new Set([...variables.keys(), ...line.keys()])]
      : [...variables.keys()],
    commandLine,
  };
}
