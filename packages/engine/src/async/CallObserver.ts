/** The AWS services that the engine itself asks. */
export type AwsServiceName = 'ec2' | 'eks' | 'iam' | 'sts';

/** Hears of every request that went out, retries included; metrics and tests count with it. */
export interface CallObserver {
  onCall(
    service: AwsServiceName | 'kubernetes',
    /** `CreateRole`; on Kubernetes verb and resource: `create pods`. */
    operation: string,
    /** `ok`, or the kind of the failure. */
    outcome: string,
  ): void;
}
