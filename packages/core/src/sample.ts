/** A labelled post as the readers deliver it: the picture is still a path. */
export interface Sample {
  /** Stable identifier, unique within its split. */
  readonly id: string;
  /** The post's text; `''` when there is none. */
  readonly text: string;
  /** Path of the picture, or undefined for a post without one. */
  readonly imagePath: string | undefined;
  /** Gold labels in the label set's order. */
  readonly labels: readonly string[];
  /** Where the sample came from, for messages: `train.csv:17`. */
  readonly source: string;
}

/** What a model said about one post. */
export interface Prediction {
  readonly id: string;
  /** Predicted labels in the label set's order. */
  readonly labels: readonly string[];
  /** The generated text. */
  readonly rawText: string;
  /** Whether the text was a well-formed answer: a JSON array of known labels and nothing else. */
  readonly valid: boolean;
  /**
   * p(label | post) for each label of the label set, in its order, as decisions use them: calibrated where the adapter has a
   * calibration. Absent when no scores were computed.
   */
  readonly scores?: readonly number[];
  /** Probability of `labels` as the whole answer among all answers there are, not calibrated. Absent like `scores`. */
  readonly probability?: number;
  /**
   * With many labels, what label arrays that were not looked at can have of all probability: `probability`, and `scores` before
   * calibration, are off by at most this. Absent where it is a millionth or less.
   */
  readonly missing?: number;
}

/** Decoded picture: 8-bit RGB, row-major, 3 bytes a pixel. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
