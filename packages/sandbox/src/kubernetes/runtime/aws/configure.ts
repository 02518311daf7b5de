import { CliError } from './cliError';
import {
  CredentialContext,
  FoundCredentials,
  resolveCredentials,
} from './credentials';
import { configuredProfile, readProfiles } from './profiles';
import { CliResult } from './sdk';

type Row = [name: string, value: string, type: string, location: string];

const unset = (name: string): Row => [name, '<not set>', 'None', 'None'];

const line = ([name, value, type, location]: Row) =>
  `${name.padStart(10)} ${value.padStart(24)} ${type.padStart(
    16,
  )}    ${location}\n`;

const lastFour = (key: string) => `****************${key.slice(-4)}`;

function profileRow({ env, profile }: CredentialContext): Row {
  if (profile) {
    return ['profile', profile, 'manual', '--profile'];
  }
  const chosen = env.AWS_PROFILE ?? env.AWS_DEFAULT_PROFILE;
  return chosen
    ? ['profile', chosen, 'env', "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']"]
    : unset('profile');
}

function keyRows(found: FoundCredentials | undefined): Row[] {
  if (!found) {
    return [unset('access_key'), unset('secret_key')];
  }
  const { accessKeyId, secretAccessKey } = found.identity;
  return [
    ['access_key', lastFour(accessKeyId), found.source, ''],
    ['secret_key', lastFour(secretAccessKey), found.source, ''],
  ];
}

async function regionRow(context: CredentialContext): Promise<Row> {
  const { env } = context;
  const fromEnv = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (fromEnv) {
    return ['region', fromEnv, 'env', "['AWS_REGION', 'AWS_DEFAULT_REGION']"];
  }
  const profiles = await readProfiles(context);
  const region = profiles.get(configuredProfile(context))?.region;
  return region
    ? ['region', region, 'config-file', env.AWS_CONFIG_FILE ?? '~/.aws/config']
    : unset('region');
}

/** `aws configure list`; when the lookup fails, the rows before it are printed all the same. */
export async function configureList(
  context: CredentialContext,
): Promise<CliResult> {
  const rows: Row[] = [
    ['Name', 'Value', 'Type', 'Location'],
    ['----', '-----', '----', '--------'],
    profileRow(context),
  ];
  const print = () => rows.map(line).join('');
  try {
    rows.push(...keyRows(await resolveCredentials(context)));
    rows.push(await regionRow(context));
    return { stdout: print(), stderr: '', exitCode: 0 };
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    const { message, exitCode } = error;
    return { stdout: print(), stderr: `\n${message}\n`, exitCode };
  }
}
