/** What AWS answers to a command, by its name without the ending. */
export type Answers = Record<string, (input: any) => unknown>;

export const awsError = (name: string, message = 'AWS said no') =>
  Object.assign(new Error(message), { name });

/**
 * A client of the SDK for which `answer` stands for AWS. Paginators take instances of the clients alone.
 *
 * @param of - `packages.iam.IAMClient`
 * @param answer - takes the command's name without its ending
 */
export const awsClient = (
  of: { prototype: object },
  answer: (name: string, input: any) => unknown,
) =>
  Object.assign(Object.create(of.prototype), {
    send: async ({ constructor, input }: any) =>
      answer(constructor.name.replace(/Command$/, ''), input),
  });
