import { members } from '../protocol/xml';
import { World } from '../state/world';
import {
  entityExists,
  type IamOperation,
  noSuchEntity,
  requestTagKeys,
} from './context';
import { tagList } from './views';

/** ARN of the OpenID Connect provider of an issuer URL. */
export function oidcProviderArn(
  world: World,
  accountId: string,
  issuerUrl: string,
): string {
  const host = issuerUrl.replace(/^https:\/\//, '').replace(/\/$/, '');
  return world.iamArn(accountId, `oidc-provider/${host}`);
}

/** Takes no parameters and has no pages ("ListOpenIDConnectProviders", IAM API Reference). */
const listOpenIdConnectProviders: IamOperation = context => {
  context.parameters.done();
  context.need({
    action: 'iam:ListOpenIDConnectProviders',
    // An action on a list is authorised on no resource of its own
    resource: '*',
  });
  const providers = [...context.account.oidcProviders.values()];
  return {
    OpenIDConnectProviderList: members(
      providers.map(({ arn }) => ({ Arn: arn })),
    ),
  };
};

/** The URL comes without its scheme ("GetOpenIDConnectProvider", IAM API Reference). */
const getOpenIdConnectProvider: IamOperation = context => {
  const arn = context.parameters.required('OpenIDConnectProviderArn');
  context.parameters.done();
  context.need({ action: 'iam:GetOpenIDConnectProvider', resource: arn });
  const provider = context.account.oidcProviders.get(arn);
  if (!provider) {
    throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  }
  const { url, clientIds, thumbprints, createdAt, tags } = provider;
  return {
    Url: url.replace(/^https:\/\//, ''),
    ClientIDList: members(clientIds),
    ThumbprintList: members(thumbprints),
    CreateDate: new Date(createdAt),
    Tags: tagList(tags),
  };
};

/** "CreateOpenIDConnectProvider", IAM API Reference: thumbprints may be left out since 2023. */
const createOpenIdConnectProvider: IamOperation = context => {
  const { world, account, parameters } = context;
  const url = parameters.required('Url', {
    maxLength: 255,
    pattern: /^https:\/\//,
  });
  const clientIds = parameters.texts('ClientIDList');
  const thumbprints = parameters.texts('ThumbprintList');
  const tags = parameters.tags();
  const arn = oidcProviderArn(world, account.id, url);
  context.need({
    action: 'iam:CreateOpenIDConnectProvider',
    resource: arn,
    context: requestTagKeys(tags),
  });
  parameters.done();
  if (account.oidcProviders.has(arn)) {
    throw entityExists(`Provider with url ${url} already exists.`);
  }
  account.oidcProviders.set(arn, {
    arn,
    url,
    clientIds,
    thumbprints,
    createdAt: world.now(),
    tags,
  });
  return { OpenIDConnectProviderArn: arn };
};

/** Answers alike where there is none ("DeleteOpenIDConnectProvider", IAM API Reference). */
const deleteOpenIdConnectProvider: IamOperation = context => {
  const arn = context.parameters.required('OpenIDConnectProviderArn');
  context.parameters.done();
  context.need({ action: 'iam:DeleteOpenIDConnectProvider', resource: arn });
  context.account.oidcProviders.delete(arn);
  return {};
};

/** Operations on the issuers that an account trusts. */
export const oidcProviderOperations: Record<string, IamOperation> = {
  CreateOpenIDConnectProvider: createOpenIdConnectProvider,
  DeleteOpenIDConnectProvider: deleteOpenIdConnectProvider,
  GetOpenIDConnectProvider: getOpenIdConnectProvider,
  ListOpenIDConnectProviders: listOpenIdConnectProviders,
};
