/** The AWS services that the engine itself calls. */
export type AwsServiceName = 'cloudtrail' | 'ec2' | 'eks' | 'iam' | 'sts';

/** Receives every request sent, retries included; metrics and tests count with it. @public */
export interface CallObserver {
  onCall(
    service: AwsServiceName | 'kubernetes',
    /** `CreateRole`; for Kubernetes, verb and resource: `create pods`. */
    operation: string,
    /** `ok`, or the kind of the failure. */
    outcome: string,
  ): void;
}
