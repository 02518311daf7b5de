import { oidcProviderArn } from '../../iam/oidcProviders';
import { handlerFailure } from '../calls';
import { Deed, Properties, ResourceHandler, tagsOf } from './handler';

function made({ world, accountId }: Deed, { Url }: Properties) {
  const arn = oidcProviderArn(world, accountId, Url);
  return { physicalId: arn, attributes: { Arn: arn } };
}

/** AWS::IAM::OIDCProvider, as far as one that does not change; it takes no capability. */
export const oidcProvider: ResourceHandler = {
  properties: {
    ClientIdList: { type: 'array' },
    Tags: { type: 'array' },
    ThumbprintList: { type: 'array' },
    Url: { type: 'string', required: true, createOnly: true },
  },
  attributes: ['Arn'],
  nameProperty: 'Url',

  async create(deed, properties) {
    await deed.calls.iam('CreateOpenIDConnectProvider', {
      Url: properties.Url,
      ClientIDList: properties.ClientIdList ?? [],
      ThumbprintList: properties.ThumbprintList ?? [],
      Tags: Object.entries(tagsOf(deed, properties)).map(([Key, Value]) => ({
        Key,
        Value,
      })),
    });
    return made(deed, properties);
  },

  async update(deed) {
    throw handlerFailure(
      deed.world,
      'NotUpdatable',
      'the sandbox does not change OpenID Connect providers',
    );
  },

  async delete(deed, OpenIDConnectProviderArn) {
    await deed.calls.iam('DeleteOpenIDConnectProvider', {
      OpenIDConnectProviderArn,
    });
  },
};
