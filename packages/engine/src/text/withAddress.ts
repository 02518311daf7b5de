import {
  addressed,
  type CheckFix,
} from 'backstage-plugin-eks-pod-identity-common';

interface Said {
  message: string;
  fix?: CheckFix;
}

/** The sentences of an answer, with the address of the page about permissions where they name it. */
export function withAddress<T extends Said>(
  { message, fix }: T,
  url: string | undefined,
): Said {
  return {
    message: addressed(message, url),
    ...(fix
      ? {
          fix: {
            ...fix,
            cause: addressed(fix.cause, url),
            actions: fix.actions.map(action => addressed(action, url)),
          },
        }
      : {}),
  };
}
