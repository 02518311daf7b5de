import { AwsError } from '../errors';
import { ClusterRecord } from '../state/types';
import { currentAssociation } from './associationStore';
import { EksContext, EksOperation, tagKeys } from './context';
import { readBody, readTags } from './input';

interface Tagged {
  tags: Record<string, string>;
  replace(tags: Record<string, string>): void;
}

const missing = (arn: string) =>
  new AwsError('NotFoundException', `Resource ${arn} not found`, 404);

function belowCluster(
  cluster: ClusterRecord,
  type: string,
  rest: string[],
): Tagged | undefined {
  if (type === 'podidentityassociation') {
    const record = currentAssociation(cluster.associations.get(rest[0]));
    return (
      record && {
        tags: record.tags,
        replace: tags => {
          // Only EKS itself reads these tags, so nothing has to propagate.
          const versions = cluster.associations.get(rest[0])!.versions;
          versions[versions.length - 1].value = { ...record, tags };
        },
      }
    );
  }
  if (type === 'addon') {
    const addon = cluster.addons.get(rest[0]);
    return (
      addon && {
        tags: addon.tags,
        replace: tags => {
          addon.tags = tags;
        },
      }
    );
  }
  return undefined;
}

function taggedResource(context: EksContext): Tagged {
  const { resourceArn } = context.path;
  const parts =
    /^arn:aws[\w-]*:eks:([\w-]+):(\d{12}):([\w-]+)\/([^/]+)(?:\/(.+))?$/.exec(
      resourceArn,
    );
  if (!parts) {
    throw new AwsError(
      'BadRequestException',
      `Invalid ARN ${resourceArn}`,
      400,
    );
  }
  const [, region, accountId, type, name, rest = ''] = parts;
  const cluster =
    accountId === context.account.id
      ? context.world.cluster({ accountId, region, name })
      : undefined;
  if (!cluster) {
    throw missing(resourceArn);
  }
  const found = belowCluster(cluster, type, rest.split('/'));
  if (!found) {
    throw missing(resourceArn);
  }
  return found;
}

function needTags(
  context: EksContext,
  keys: Record<string, string | string[] | undefined> = {},
): Tagged {
  let found: Tagged | undefined;
  let problem: unknown;
  try {
    found = taggedResource(context);
  } catch (error) {
    problem = error;
  }
  context.need({
    action: `eks:${context.call.operation}`,
    resource: context.path.resourceArn,
    context: { ...tagKeys(found?.tags, 'ResourceTag'), ...keys },
  });
  if (!found) {
    throw problem;
  }
  return found;
}

const tagResource: EksOperation = context => {
  const body = readBody(context.call.request, { tags: 'object' });
  const tags = readTags(body.tags);
  const resource = needTags(context, tagKeys(tags, 'RequestTag'));
  const merged = { ...resource.tags, ...tags };
  if (Object.keys(merged).length > 50) {
    throw new AwsError(
      'BadRequestException',
      'The number of tags exceeds the maximum of 50 tags per resource.',
      400,
    );
  }
  resource.replace(merged);
  return {};
};

export const tagOperations: Record<string, EksOperation> = {
  TagResource: tagResource,
};
