import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  clusterSettingOf,
  PORTAL,
  PROGRAM,
  type SettingKey,
  settingOf,
} from './voice';

const SRC = resolve(__dirname, '..');

/** What a verification can say, without what the admission policies of a portal say. */
const sources = [
  'aws/errors.ts',
  'clusters/clusters.ts',
  'clusters/session.ts',
  'guardrails/requestContext.ts',
  'guardrails/requests.ts',
  'kubernetes/errors.ts',
  'lifecycle/steps/reading.ts',
  ...readdirSync(join(SRC, 'verification'), { recursive: true })
    .map(name => join('verification', String(name)))
    .filter(name => /\.ts$/.test(name))
    .filter(name => !/\.test\.ts$|__testUtils__|probePolicy/.test(name)),
].map(name => readFileSync(join(SRC, name), 'utf8'));

/** A setting in the midst of a sentence. */
const SETTING =
  /eksPodIdentity\.\w|kubernetes\.access:|setting probe\.\w| (a|in) probe\.\w|probe\.\w+ is /;

/** Named by its key alone, for who shows it. */
const BY_KEY = /^\s*'[\w.]+(: none)?',?$|ettingOf\([^']+'[\w.]+(: none)?'/;

/** Said of writes, which the program makes none of, or beside words of its own. */
const APART = /permissionsBoundaryArn|portalId names|eksPodIdentity\.clusters/;

const FLAGS = Object.entries(PROGRAM.flags!) as [SettingKey, string][];

describe('settings in the words of the program', () => {
  it('are in no sentence as app-config has them', () => {
    const named = sources
      .flatMap(source => source.split('\n'))
      .filter(line => !/^\s*(\/\/|\/?\*)/.test(line))
      .filter(line => SETTING.test(line) && !APART.test(line));
    expect(named.length).toBeGreaterThan(9);
    expect(named.filter(line => !BY_KEY.test(line))).toEqual([]);
  });

  it.each(FLAGS)('has a flag for %s, which is said', (key, flag) => {
    expect(settingOf(PROGRAM, key)).toBe(flag);
    expect(clusterSettingOf(PROGRAM, key)).toBe(flag);
    const said = new RegExp(`'${key}'|flags\\?\\.${key}\\b`);
    expect(sources.some(source => said.test(source))).toBe(true);
  });

  it('says where one is set that has no flag', () => {
    const of = 'probe.resources in the file of --config';
    expect(settingOf(PROGRAM, 'probe.resources')).toBe(of);
    expect(clusterSettingOf(PROGRAM, 'probe.resources')).toBe(of);
  });

  it.each([PORTAL, { ...PROGRAM, flags: undefined }])(
    'leaves the key to who has an app-config: %#',
    voice => {
      expect(settingOf(voice, 'probe.image')).toBe('probe.image');
      expect(clusterSettingOf(voice, 'probe.image')).toBe(
        "the cluster's setting probe.image",
      );
    },
  );
});
