import { Core } from '../core/core';
import { Partition } from '../core/partition';
import { cloudFormationService } from './cloudformation/service';
import { cloudTrailService } from './cloudTrail/service';
import { ec2Service } from './ec2/service';
import { eksAuthService } from './eksAuth/service';
import { eksService } from './eks/service';
import { iamService } from './iam/service';
import { AwsHttpServer, Services, NonAwsHandler } from './http/server';
import { s3Service } from './s3/service';
import { World } from './state/world';
import { stsService } from './sts/service';

/** The AWS side: its state and its HTTP port. */
export interface AwsSide {
  world: World;
  server: AwsHttpServer;
}

/** Builds the AWS side; `nonAws` answers requests that are not for AWS. */
export function createAwsSide(
  core: Core,
  nonAws: NonAwsHandler,
  partition?: Partition,
): AwsSide {
  const world = new World(core, partition);
  const eks = eksService(world);
  const iam = iamService(world);
  const services: Services = {
    cloudformation: cloudFormationService(world, { eks, iam }),
    cloudtrail: cloudTrailService(world),
    ec2: ec2Service(world),
    eks,
    'eks-auth': eksAuthService(world),
    iam,
    sts: stsService(world),
    s3: s3Service(world),
  };
  return { world, server: new AwsHttpServer(world, services, nonAws) };
}
