import { CliError, EXIT } from './cliError';

export type Profile = Record<string, string>;

interface ProfileContext {
  env: Record<string, string>;
  home: string;
  profile?: string;
  readFile(path: string): Promise<string>;
}

function parseIni(text: string): Map<string, Profile> {
  const sections = new Map<string, Profile>();
  let current: Profile | undefined;
  for (const line of text.split(/\r?\n/)) {
    const section = line.match(/^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/);
    const pair = line.match(/^\s*([\w.]+)\s*=\s*(.*?)\s*$/);
    if (section) {
      current = sections.get(section[1]) ?? {};
      sections.set(section[1], current);
    } else if (pair && current) {
      current[pair[1]] = pair[2];
    }
  }
  return sections;
}

/** Profiles of several files; keys of a later one win. */
export function parseProfiles(texts: string[]): Map<string, Profile> {
  const profiles = new Map<string, Profile>();
  for (const text of texts) {
    for (const [name, values] of parseIni(text)) {
      profiles.set(name, { ...profiles.get(name), ...values });
    }
  }
  return profiles;
}

/** Name of the selected profile. */
export const configuredProfile = ({ env, profile }: ProfileContext) =>
  profile ?? env.AWS_PROFILE ?? env.AWS_DEFAULT_PROFILE ?? 'default';

/** Profiles of `~/.aws/config` and `~/.aws/credentials`; keys of the latter win. */
export async function readProfiles(
  context: ProfileContext,
): Promise<Map<string, Profile>> {
  const { env, home, readFile } = context;
  const files = [
    env.AWS_CONFIG_FILE ?? `${home}/.aws/config`,
    env.AWS_SHARED_CREDENTIALS_FILE ?? `${home}/.aws/credentials`,
  ];
  const profiles = parseProfiles(
    await Promise.all(files.map(file => readFile(file).catch(() => ''))),
  );
  const name = configuredProfile(context);
  if (name !== 'default' && !profiles.has(name)) {
    throw new CliError(
      `The config profile (${name}) could not be found`,
      EXIT.general,
    );
  }
  return profiles;
}
