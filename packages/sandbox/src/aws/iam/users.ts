import { current, currentValues } from '../../core/propagated';
import { members } from '../protocol/xml';
import { IamOperation, noSuchEntity, page } from './context';
import { userView } from './views';

const getUser: IamOperation = context => {
  const { account, call, parameters } = context;
  const name = parameters.text('UserName') ?? call.caller.userName;
  parameters.done();
  if (name === undefined) {
    throw noSuchEntity(
      'Must specify userName when calling with non-User credentials',
    );
  }
  const user = current(account.users.get(name));
  context.need({
    action: 'iam:GetUser',
    resource: user?.arn ?? `arn:aws:iam::${account.id}:user/${name}`,
  });
  if (!user) {
    throw noSuchEntity(`The user with name ${name} cannot be found.`);
  }
  return { User: userView(user) };
};

const listUsers: IamOperation = context => {
  const { account, parameters } = context;
  const prefix = parameters.text('PathPrefix') ?? '/';
  const users = currentValues(account.users.values()).filter(user =>
    user.path.startsWith(prefix),
  );
  const { items, paging } = page(context, users);
  parameters.done();
  context.need({
    action: 'iam:ListUsers',
    resource: `arn:aws:iam::${account.id}:user${prefix}`,
  });
  return { ...paging, Users: members(items.map(userView)) };
};

const listAccountAliases: IamOperation = context => {
  const { account, parameters } = context;
  parameters.text('MaxItems');
  parameters.text('Marker');
  parameters.done();
  context.need({ action: 'iam:ListAccountAliases', resource: '*' });
  return {
    IsTruncated: false,
    AccountAliases: members(account.alias ? [account.alias] : []),
  };
};

/** Operations on users and the account itself. */
export const userOperations: Record<string, IamOperation> = {
  GetUser: getUser,
  ListUsers: listUsers,
  ListAccountAliases: listAccountAliases,
};
