/** @needs aws */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { realBash } from '../verification/__testUtils__/bash';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const OTHER = 'payments-prod/shop/other';

/** The commands of a section of docs/upgrading.md. */
function commandsOf(heading: string): string {
  const page = readFileSync(
    resolve(__dirname, '../../../../docs/upgrading.md'),
    'utf8',
  );
  const [section] = page.split(`## ${heading}\n`)[1].split('\n## ');
  return /```sh\n([^]*?)```/.exec(section)![1];
}

/** The commands of the page, by the real AWS CLI as an administrator. */
describe('docs/upgrading.md', () => {
  let world: LifecycleWorld;
  const bash = realBash();
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      agent: false,
      portals: ['portal-old', 'portal', 'third'],
    });
  });
  afterEach(() => world.stop());

  it('takes what was made under an earlier id along, and nothing else', async () => {
    const { sandbox } = world;
    const at = (portal: string) => ({ portal });
    const { roleArn } = await world.associate(REF, {}, at('portal-old'));
    const theirs = await world.associate(OTHER, {}, at('third'));
    await expect(world.associate(REF, {}, at('portal'))).rejects.toThrow(
      /belongs to another portal \(portal-old\.example\.com\)/,
    );
    expect(
      await bash(
        sandbox,
        sandbox.credentials.admin,
        commandsOf('Another portal id'),
      ),
    ).toMatchObject({ code: 0, stderr: '' });
    const again = await world.associate(
      REF,
      { roleDescription: 'taken along' },
      at('portal'),
    );
    expect(again.roleArn).toBe(roleArn);
    expect(world.role(roleArn)?.description).toBe('taken along');
    await world.teardown(REF, {}, at('portal'));
    expect(world.role(roleArn)).toBeUndefined();
    expect(world.role(theirs.roleArn)?.tags).toMatchObject({
      'backstage.io/portal': 'third.example.com',
    });
  });
});
