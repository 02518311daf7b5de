const KEY = 'sandbox-user';

/** Remembers the chosen user per browser tab: a reload stays signed in, and two tabs can be two users. */
export const chosenUser = {
  get: () => window.sessionStorage.getItem(KEY) ?? undefined,
  set: (entityRef: string) => window.sessionStorage.setItem(KEY, entityRef),
  clear: () => window.sessionStorage.removeItem(KEY),
};
