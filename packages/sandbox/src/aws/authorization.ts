import { Caller } from './authentication';
import { PolicyDocument, parseStored } from './policy/document';
import {
  Decision,
  PolicyLayers,
  ResourcePolicy,
  decide,
} from './policy/evaluate';
import { RequestContext } from './policy/match';
import { World } from './state/world';

interface Holder {
  inline: Record<string, string>;
  attached: string[];
  boundaryArn?: string;
}

const documents = (texts: (string | undefined)[]) =>
  texts.filter((text): text is string => text !== undefined).map(parseStored);

function identityDocuments(
  world: World,
  holder: Holder | undefined,
): PolicyDocument[] {
  return holder
    ? documents([
        ...Object.values(holder.inline),
        ...holder.attached.map(arn => world.seenPolicyDocument(arn)),
      ])
    : [];
}

/** The propagated user or role behind the caller; undefined for sessions of a role that was recreated since. */
function holderOf(world: World, caller: Caller): Holder | undefined {
  if (caller.session) {
    const role = world.seenRole(
      caller.session.accountId,
      caller.session.roleName,
    );
    return role?.roleId === caller.session.roleId ? role : undefined;
  }
  return world.seenUser(caller.accountId, caller.userName ?? '');
}

/** All policies that limit or allow a caller, without the resource's policy. */
export function layersOf(world: World, caller: Caller): PolicyLayers {
  const holder = holderOf(world, caller);
  const scps = world.account(caller.accountId).serviceControlPolicies;
  return {
    serviceControl: scps.length > 0 ? documents(scps) : undefined,
    identity: identityDocuments(world, holder),
    boundary: holder?.boundaryArn
      ? documents([world.seenPolicyDocument(holder.boundaryArn)])
      : undefined,
    session: caller.session?.policies.length
      ? documents(caller.session.policies)
      : undefined,
    vpcEndpoint: caller.endpointPolicy && [caller.endpointPolicy],
  };
}

/** Decides by all relevant policies whether a caller may do something. */
export function authorize(
  world: World,
  caller: Caller,
  question: {
    action: string;
    resource: string;
    context: RequestContext;
    resourcePolicy?: ResourcePolicy;
    resourceMustAllow?: boolean;
  },
): Decision {
  return decide(
    {
      ...layersOf(world, caller),
      resource: question.resourcePolicy,
      resourceMustAllow: question.resourceMustAllow,
    },
    {
      action: question.action,
      resource: question.resource,
      context: question.context,
      asker: caller.asker,
    },
  );
}
