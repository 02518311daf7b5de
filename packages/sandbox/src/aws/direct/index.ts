import { AwsSettings } from '../state/types';
import { World } from '../state/world';
import { CloudTrailDirect } from './cloudTrail';
import { Ec2Direct } from './ec2';
import { EksDirect } from './eks';
import { DocumentInput, IamDirect } from './iam';

/** Direct access to the AWS side's state, for seeds and tests: no permissions or checks apply, and no call is counted. */
export class AwsDirect {
  readonly iam: IamDirect;
  readonly eks: EksDirect;
  readonly ec2: Ec2Direct;
  readonly cloudTrail: CloudTrailDirect;

  readonly #world: World;

  constructor(
    world: World,
    readonly mainAccount: string,
    readonly mainRegion: string,
  ) {
    this.#world = world;
    this.iam = new IamDirect(world, mainAccount, mainRegion);
    this.eks = new EksDirect(world, mainAccount, mainRegion);
    this.ec2 = new Ec2Direct(world, this.eks);
    this.cloudTrail = new CloudTrailDirect(world, mainAccount, mainRegion);
  }

  addAccount(id: string, alias?: string): void {
    this.#world.addAccount(id, alias);
  }

  /** Changes quotas and the behaviours that AWS does not document. */
  set(settings: Partial<AwsSettings>): void {
    Object.assign(this.#world.settings, settings);
  }

  /** The current settings. */
  settings(): AwsSettings {
    return { ...this.#world.settings };
  }

  /** Creates a bucket with objects: key → text. */
  putBucket(input: {
    accountId?: string;
    region?: string;
    name: string;
    objects?: Record<string, string>;
    policy?: DocumentInput;
  }): void {
    const now = this.#world.now();
    const policy = this.#world.inPartition(input.policy);
    this.#world
      .account(input.accountId ?? this.mainAccount)
      .buckets.set(input.name, {
        name: input.name,
        region: input.region ?? this.mainRegion,
        createdAt: now,
        policy:
          policy === undefined || typeof policy === 'string'
            ? policy
            : JSON.stringify(policy),
        objects: Object.fromEntries(
          Object.entries(input.objects ?? {}).map(([key, body]) => [
            key,
            {
              body: Buffer.from(body),
              modifiedAt: now,
            },
          ]),
        ),
      });
  }
}
