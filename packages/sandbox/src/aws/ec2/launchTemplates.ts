import { AwsError } from '../errors';
import { Ec2Operation, need } from './context';

/** The launch templates of node groups: the sandbox has no others, and of each the version that the group names. */
const describeVersions: Ec2Operation = context => {
  const { account, call, parameters } = context;
  const id = parameters.required('LaunchTemplateId');
  const versions = parameters.list('LaunchTemplateVersion');
  need(context, ['*']);
  parameters.done();
  const found = [...account.clusters.values()]
    .filter(({ region }) => region === call.region)
    .flatMap(({ nodegroups }) => [...nodegroups.values()])
    .find(({ launchTemplate }) => launchTemplate?.id === id);
  const template = found?.launchTemplate;
  if (!found || !template) {
    throw new AwsError(
      'InvalidLaunchTemplateId.NotFound',
      `The specified launch template, with template ID ${id}, does not exist.`,
    );
  }
  const { name, version, metadataOptions } = template;
  const known = [String(version), '$Latest', '$Default'];
  const missing = versions.find(one => !known.includes(one));
  if (missing) {
    throw new AwsError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${missing} for the launch template with ID ${id}.`,
    );
  }
  return {
    launchTemplateVersionSet: {
      item: [
        {
          launchTemplateId: id,
          launchTemplateName: name,
          versionNumber: version,
          createTime: new Date(found.createdAt).toISOString(),
          defaultVersion: true,
          launchTemplateData: { metadataOptions },
        },
      ],
    },
  };
};

export const launchTemplateOperations: Record<string, Ec2Operation> = {
  DescribeLaunchTemplateVersions: describeVersions,
};
