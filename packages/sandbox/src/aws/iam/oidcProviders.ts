import { members } from '../protocol/xml';
import { OidcProviderRecord } from '../state/types';
import {
  IamContext,
  IamOperation,
  entityExists,
  noSuchEntity,
  requestTagKeys,
  resourceTagKeys,
} from './context';
import { tagList, tagListIfAny } from './views';

/** ARN of the provider for an issuer URL. */
export function oidcProviderArn(accountId: string, issuerUrl: string): string {
  const host = issuerUrl.replace(/^https:\/\//, '').replace(/\/$/, '');
  return `arn:aws:iam::${accountId}:oidc-provider/${host}`;
}

function needProvider(context: IamContext): OidcProviderRecord {
  const arn = context.parameters.required('OpenIDConnectProviderArn', {
    minLength: 20,
    maxLength: 2048,
  });
  const provider = context.account.oidcProviders.get(arn);
  context.need({
    action: `iam:${context.call.operation}`,
    resource: arn,
    context: resourceTagKeys(provider?.tags),
  });
  if (!provider) {
    throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  }
  return provider;
}

const createProvider: IamOperation = context => {
  const { account, parameters, world } = context;
  const url = parameters.required('Url', { minLength: 1, maxLength: 255 });
  const clientIds = parameters.texts('ClientIDList');
  const thumbprints = parameters.texts('ThumbprintList');
  const tags = parameters.tags();
  parameters.done();
  const arn = oidcProviderArn(account.id, url);
  context.need({
    action: 'iam:CreateOpenIDConnectProvider',
    resource: arn,
    context: requestTagKeys(tags),
  });
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
  return { OpenIDConnectProviderArn: arn, Tags: tagListIfAny(tags) };
};

const getProvider: IamOperation = context => {
  const provider = needProvider(context);
  context.parameters.done();
  return {
    Url: provider.url.replace(/^https:\/\//, ''),
    ClientIDList: members(provider.clientIds),
    ThumbprintList: members(provider.thumbprints),
    CreateDate: new Date(provider.createdAt),
    Tags: tagList(provider.tags),
  };
};

const listProviders: IamOperation = context => {
  const { account, parameters } = context;
  parameters.done();
  context.need({
    action: 'iam:ListOpenIDConnectProviders',
    resource: `arn:aws:iam::${account.id}:oidc-provider/*`,
  });
  return {
    OpenIDConnectProviderList: members(
      [...account.oidcProviders.keys()].map(Arn => ({ Arn })),
    ),
  };
};

const deleteProvider: IamOperation = context => {
  const provider = needProvider(context);
  context.parameters.done();
  context.account.oidcProviders.delete(provider.arn);
  return undefined;
};

/** Operations on OpenID Connect providers, which IRSA needs. */
export const oidcProviderOperations: Record<string, IamOperation> = {
  CreateOpenIDConnectProvider: createProvider,
  GetOpenIDConnectProvider: getProvider,
  ListOpenIDConnectProviders: listProviders,
  DeleteOpenIDConnectProvider: deleteProvider,
};
