import { accessEntry } from './accessEntry';
import { addon } from './addon';
import { association } from './association';
import { ResourceHandler } from './handler';
import { iamPolicy } from './iamPolicy';
import { iamRole } from './iamRole';
import { managedPolicy } from './managedPolicy';
import { oidcProvider } from './oidcProvider';

/** The resource types that a stack of the sandbox may have. */
export const HANDLERS: Record<string, ResourceHandler> = {
  'AWS::EKS::AccessEntry': accessEntry,
  'AWS::EKS::Addon': addon,
  'AWS::EKS::PodIdentityAssociation': association,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::OIDCProvider': oidcProvider,
  'AWS::IAM::Policy': iamPolicy,
  'AWS::IAM::Role': iamRole,
};
