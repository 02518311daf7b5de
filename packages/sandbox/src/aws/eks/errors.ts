import { AwsError } from '../errors';

/** Members of EKS's errors besides the message; null where they do not apply. */
const members = (known: Record<string, string | undefined>) => ({
  clusterName: known.clusterName ?? null,
  nodegroupName: known.nodegroupName ?? null,
  fargateProfileName: known.fargateProfileName ?? null,
  addonName: known.addonName ?? null,
});

type Known = Partial<
  Record<
    'clusterName' | 'nodegroupName' | 'fargateProfileName' | 'addonName',
    string
  >
>;

export const invalidParameter = (message: string, known: Known = {}) =>
  new AwsError('InvalidParameterException', message, 400, members(known));

export const invalidRequest = (message: string, known: Known = {}) =>
  new AwsError('InvalidRequestException', message, 400, members(known));

export const notFound = (message: string, known: Known = {}) =>
  new AwsError('ResourceNotFoundException', message, 404, members(known));

export const inUse = (message: string, known: Known = {}) =>
  new AwsError('ResourceInUseException', message, 409, members(known));

export const limitExceeded = (message: string, known: Known = {}) =>
  new AwsError('ResourceLimitExceededException', message, 400, members(known));
