import type * as official from '@kubernetes/client-node';
import type { ForeignText } from '../text/foreign';

/**
 * An object as the API server sends it: the official client's type, except that times are ISO 8601 text, and that messages are
 * text of others. Only types come from that package; its code, which takes half a second and 30 MB to load, would turn text
 * into dates.
 */
type Plain<T> = T extends Date
  ? string
  : T extends object
  ? {
      [K in keyof T]: K extends 'message'
        ? Extract<T[K], undefined> | ForeignText
        : Plain<T[K]>;
    }
  : T;

export type CoreV1Event = Plain<official.CoreV1Event>;
export type V1Affinity = Plain<official.V1Affinity>;
export type V1Container = Plain<official.V1Container>;
export type V1ContainerStatus = Plain<official.V1ContainerStatus>;
export type V1CronJob = Plain<official.V1CronJob>;
export type V1DaemonSet = Plain<official.V1DaemonSet>;
export type V1DaemonSetStatus = Plain<official.V1DaemonSetStatus>;
export type V1Deployment = Plain<official.V1Deployment>;
export type V1DeploymentStatus = Plain<official.V1DeploymentStatus>;
export type V1DeploymentStrategy = Plain<official.V1DeploymentStrategy>;
export type V1Job = Plain<official.V1Job>;
export type V1LabelSelector = Plain<official.V1LabelSelector>;
export type V1MutatingWebhookConfiguration =
  Plain<official.V1MutatingWebhookConfiguration>;
export type V1Namespace = Plain<official.V1Namespace>;
export type V1NetworkPolicy = Plain<official.V1NetworkPolicy>;
export type V1Node = Plain<official.V1Node>;
export type V1ObjectMeta = Plain<official.V1ObjectMeta>;
export type V1OwnerReference = Plain<official.V1OwnerReference>;
export type V1Pod = Plain<official.V1Pod>;
export type V1PodSpec = Plain<official.V1PodSpec>;
export type V1PodTemplateSpec = Plain<official.V1PodTemplateSpec>;
export type V1SelfSubjectAccessReview =
  Plain<official.V1SelfSubjectAccessReview>;
export type V1ServiceAccount = Plain<official.V1ServiceAccount>;
export type V1StatefulSet = Plain<official.V1StatefulSet>;
export type V1StatefulSetStatus = Plain<official.V1StatefulSetStatus>;
export type V1StatefulSetUpdateStrategy =
  Plain<official.V1StatefulSetUpdateStrategy>;
export type V1Toleration = Plain<official.V1Toleration>;
export type V1Volume = Plain<official.V1Volume>;
export type V1VolumeMount = Plain<official.V1VolumeMount>;
