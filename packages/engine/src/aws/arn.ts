/** A part of an ARN; empty where it has none. */
function partOf(arn: string, index: number): string {
  return arn.split(':')[index] ?? '';
}

/** `aws`, `aws-cn`, … */
export function partitionOfArn(arn: string): string {
  return partOf(arn, 1);
}

/** Account of an ARN; `aws` for resources that AWS owns. @public */
export function accountOfArn(arn: string): string {
  return partOf(arn, 4);
}

/** Last part of the path: the name of a role or a policy. @public */
export function nameOfArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** Path of the role in an ARN, `/` when it has none. */
export function rolePathOfArn(arn: string): string {
  const resource = arn.slice(arn.indexOf(':role/') + ':role'.length);
  return resource.slice(0, resource.lastIndexOf('/') + 1);
}
