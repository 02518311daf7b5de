/** @needs aws */
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass } from 'eks-sandbox';
import { realBash } from '../verification/__testUtils__/bash';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const ENTITY = 'component:default/api';

/** What refusals print for the owner of a role, done by the real AWS CLI. */
describe('the owner of an existing role', () => {
  let world: LifecycleWorld;
  const bash = realBash();
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({ agent: false });
  });
  afterEach(() => world.stop());

  it.each<[string, Record<string, string>]>([
    ['without tags', {}],
    ['with the name of the component alone', { [MARK_TAGS.entityRef]: ENTITY }],
  ])('opens a role %s as it is printed', async (_, tags) => {
    const { aws, credentials } = world.sandbox;
    const { arn } = aws.iam.putRole({ name: 'opened', tags });
    letPortalPass(aws, credentials, [arn]);
    const associate = () =>
      world.associate(
        REF,
        { entityRef: ENTITY, roleArn: arn },
        { owns: [ENTITY] },
      );
    const { message } = await associate().catch(error => error);
    // As a person marks it: up to the quote, or else to the end of the line
    const [, command] = /(aws iam tag-role [^"\n]*)/.exec(message)!;
    expect(await bash(world.sandbox, credentials.admin, command)).toMatchObject(
      {
        code: 0,
        stderr: '',
      },
    );
    expect(await associate()).toMatchObject({ roleArn: arn });
  });
});
