/** A tweet of a stand-in for MMHS150K. */
export interface RawTweet {
  readonly id: string;
  readonly votes: readonly unknown[];
  readonly text?: unknown;
  /** Left out: no picture. */
  readonly image?: string;
  readonly imageText?: string;
}

/** The files of MMHS150K as published, with these tweets and splits. */
export function rawMmhs150k(options: {
  readonly tweets: readonly RawTweet[];
  readonly ids: Readonly<Record<'train' | 'val' | 'test', readonly string[]>>;
  /** Pictures that belong to no tweet. */
  readonly strayImages?: readonly string[];
}): Record<string, string> {
  const { tweets, ids, strayImages = [] } = options;
  const truth = Object.fromEntries(
    tweets.map(({ id, votes, text }) => [
      id,
      {
        img_url: `https://example.org/${id}.jpg`, labels: votes, tweet_url: `https://example.org/${id}`,
        tweet_text: text ?? `post ${id}`, labels_str: [],
      },
    ]),
  );
  const files: Record<string, string> = {
    'MMHS150K/': '',
    'MMHS150K/MMHS150K_GT.json': JSON.stringify(truth),
    'MMHS150K/MMHS150K_readme.txt': 'read me',
  };
  for (const [split, list] of Object.entries(ids)) files[`MMHS150K/splits/${split}_ids.txt`] = list.map((id) => `${id}\n`).join('');
  for (const { id, image, imageText } of tweets) {
    if (image !== undefined) files[`MMHS150K/img_resized/${id}.jpg`] = image;
    if (imageText !== undefined) files[`MMHS150K/img_txt/${id}.json`] = JSON.stringify({ img_text: imageText });
  }
  for (const id of strayImages) files[`MMHS150K/img_resized/${id}.jpg`] = 'stray';
  return files;
}

/** Five sound tweets: three in train, one in val, one in test. */
export const soundTweets: readonly RawTweet[] = [
  { id: '1001', votes: [0, 0, 0], image: 'picture 1001' },
  { id: '1002', votes: [1, 1, 5], image: 'picture 1002', text: 'a "quoted", text\nof two lines', imageText: 'SAYS SO' },
  { id: '999', votes: [5, 2, 1], image: 'picture 999' },
  { id: '1004', votes: [3, 3, 3], image: 'picture 1004' },
  { id: '1005', votes: [4, 0, 4], image: 'picture 1005' },
];

/** Their splits. */
export const soundIds = { train: ['999', '1002', '1001'], val: ['1004'], test: ['1005'] } as const;
