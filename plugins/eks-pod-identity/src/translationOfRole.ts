/** Texts about what the role of an identity may do. */
export const roleMessages = {
  permissionsOfRole: {
    title: 'What the role may do',
    loading: 'Reading the policies of the role',
    failed: 'The policies could not be read: {{message}}',
    gone: 'There is no such role, or no association any more. Verify the identity to see which.',
    none: 'No policy is attached to the role.',
    managed: '· managed policy',
    inline: '· inline policy',
    unread: 'It could not be read: {{reason}}',
    deny: 'Never:',
    onlyIf: 'only if {{conditions}}',
    denyIf: 'if {{conditions}}',
    and: ', and ',
    written: 'As written',
    boundary: 'The permissions boundary {{name}} limits all of this.',
    notRead:
      'Policies of buckets, keys and queues can allow more, and those of the organisation less.',
  },
} as const;
