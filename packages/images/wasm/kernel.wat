;; The inner loops of this package: the two passes of a resize, and a table look-up for every pixel.
;; `pnpm build:kernel` turns this file into src/kernel-code.ts.
;;
;; A weight of a resize is a whole number w of 23 bits and a sign. It comes in two halves of 16 bits, w = high * 2^15 + low
;; with 0 <= low < 2^15, because the instruction that multiplies and adds up pairs (i32x4.dot_i16x8_s) takes 16-bit numbers.
;; The sums of both halves are joined at the end: (low + high * 2^15) / 2^22, where low starts at one half (0x200000).
;; All of it is modulo 2^32, so the result is that of 32-bit multiplications. Narrowing clamps it to 0..255.
(module
  (memory (export "memory") 1)

  ;; Resizes four rows of RGB pixels to $width pixels each.
  ;; $starts: for each output pixel, where its first input pixel lies in a row, in bytes (i32).
  ;; $weights: for each output pixel $groups times the weights of four input pixels (8 x i16): low of 0 and 1, low of 2 and
  ;; 3, high of 0 and 1, high of 2 and 3.
  ;; Reads 4 bytes beyond the last input pixel and writes 1 byte beyond the last output pixel of each row.
  (func (export "resizeRows")
    (param $source i32) (param $sourceStride i32) (param $target i32) (param $targetStride i32)
    (param $width i32) (param $starts i32) (param $weights i32) (param $groups i32)
    (local $group i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $low01 v128) (local $low23 v128) (local $high01 v128) (local $high23 v128)
    (local $pixels v128) (local $pair v128)
    (local $lowA v128) (local $lowB v128) (local $lowC v128) (local $lowD v128)
    (local $highA v128) (local $highB v128) (local $highC v128) (local $highD v128)
    (loop $nextPixel
      (local.set $a (i32.add (local.get $source) (i32.load (local.get $starts))))
      (local.set $b (i32.add (local.get $a) (local.get $sourceStride)))
      (local.set $c (i32.add (local.get $b) (local.get $sourceStride)))
      (local.set $d (i32.add (local.get $c) (local.get $sourceStride)))
      (local.set $lowA (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $lowB (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $lowC (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $lowD (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $highA (v128.const i32x4 0 0 0 0))
      (local.set $highB (v128.const i32x4 0 0 0 0))
      (local.set $highC (v128.const i32x4 0 0 0 0))
      (local.set $highD (v128.const i32x4 0 0 0 0))
      (local.set $group (local.get $groups))
      (loop $nextGroup
        (local.set $low01 (v128.load32_splat (local.get $weights)))
        (local.set $low23 (v128.load32_splat offset=4 (local.get $weights)))
        (local.set $high01 (v128.load32_splat offset=8 (local.get $weights)))
        (local.set $high23 (v128.load32_splat offset=12 (local.get $weights)))
        ;; Pixels are put in pairs as 16-bit numbers: red 0, red 1, green 0, green 1, blue 0, blue 1, nothing, nothing.
        (local.set $pixels (v128.load (local.get $a)))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
        (local.set $lowA (i32x4.add (local.get $lowA) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low01))))
        (local.set $highA (i32x4.add (local.get $highA) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high01))))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
        (local.set $lowA (i32x4.add (local.get $lowA) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low23))))
        (local.set $highA (i32x4.add (local.get $highA) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high23))))
        (local.set $a (i32.add (local.get $a) (i32.const 12)))
        (local.set $pixels (v128.load (local.get $b)))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
        (local.set $lowB (i32x4.add (local.get $lowB) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low01))))
        (local.set $highB (i32x4.add (local.get $highB) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high01))))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
        (local.set $lowB (i32x4.add (local.get $lowB) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low23))))
        (local.set $highB (i32x4.add (local.get $highB) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high23))))
        (local.set $b (i32.add (local.get $b) (i32.const 12)))
        (local.set $pixels (v128.load (local.get $c)))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
        (local.set $lowC (i32x4.add (local.get $lowC) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low01))))
        (local.set $highC (i32x4.add (local.get $highC) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high01))))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
        (local.set $lowC (i32x4.add (local.get $lowC) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low23))))
        (local.set $highC (i32x4.add (local.get $highC) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high23))))
        (local.set $c (i32.add (local.get $c) (i32.const 12)))
        (local.set $pixels (v128.load (local.get $d)))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
        (local.set $lowD (i32x4.add (local.get $lowD) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low01))))
        (local.set $highD (i32x4.add (local.get $highD) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high01))))
        (local.set $pair (i8x16.swizzle (local.get $pixels) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
        (local.set $lowD (i32x4.add (local.get $lowD) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low23))))
        (local.set $highD (i32x4.add (local.get $highD) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high23))))
        (local.set $d (i32.add (local.get $d) (i32.const 12)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
        (br_if $nextGroup (local.tee $group (i32.sub (local.get $group) (i32.const 1)))))
      (local.set $pixels
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (i32x4.add (local.get $lowA) (i32x4.shl (local.get $highA) (i32.const 15))) (i32.const 22))
            (i32x4.shr_s (i32x4.add (local.get $lowB) (i32x4.shl (local.get $highB) (i32.const 15))) (i32.const 22)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (i32x4.add (local.get $lowC) (i32x4.shl (local.get $highC) (i32.const 15))) (i32.const 22))
            (i32x4.shr_s (i32x4.add (local.get $lowD) (i32x4.shl (local.get $highD) (i32.const 15))) (i32.const 22)))))
      (local.set $a (local.get $target))
      (local.set $b (i32.add (local.get $a) (local.get $targetStride)))
      (local.set $c (i32.add (local.get $b) (local.get $targetStride)))
      (local.set $d (i32.add (local.get $c) (local.get $targetStride)))
      (v128.store32_lane 0 (local.get $a) (local.get $pixels))
      (v128.store32_lane 1 (local.get $b) (local.get $pixels))
      (v128.store32_lane 2 (local.get $c) (local.get $pixels))
      (v128.store32_lane 3 (local.get $d) (local.get $pixels))
      (local.set $target (i32.add (local.get $target) (i32.const 3)))
      (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
      (br_if $nextPixel (local.tee $width (i32.sub (local.get $width) (i32.const 1))))))

  ;; Makes one row out of 2 * $pairs rows: $length bytes, each the weighted sum of the bytes at its place in all rows.
  ;; $weights: for each pair of rows (4 x i16), low of both, high of both.
  ;; Works on 16 bytes at a time, so it reads and writes up to 15 bytes beyond a row.
  (func (export "resizeColumns")
    (param $source i32) (param $sourceStride i32) (param $target i32) (param $length i32)
    (param $weights i32) (param $pairs i32)
    (local $count i32) (local $row i32) (local $weight i32) (local $end i32)
    (local $one v128) (local $other v128) (local $left v128) (local $right v128)
    (local $pair v128) (local $low v128) (local $high v128)
    (local $low0 v128) (local $low1 v128) (local $low2 v128) (local $low3 v128)
    (local $high0 v128) (local $high1 v128) (local $high2 v128) (local $high3 v128)
    (local.set $end (i32.add (local.get $target) (local.get $length)))
    (loop $nextBytes
      (local.set $row (local.get $source))
      (local.set $weight (local.get $weights))
      (local.set $low0 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $low1 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $low2 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $low3 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $high0 (v128.const i32x4 0 0 0 0))
      (local.set $high1 (v128.const i32x4 0 0 0 0))
      (local.set $high2 (v128.const i32x4 0 0 0 0))
      (local.set $high3 (v128.const i32x4 0 0 0 0))
      (local.set $count (local.get $pairs))
      (loop $nextPair
        (local.set $one (v128.load (local.get $row)))
        (local.set $row (i32.add (local.get $row) (local.get $sourceStride)))
        (local.set $other (v128.load (local.get $row)))
        (local.set $row (i32.add (local.get $row) (local.get $sourceStride)))
        (local.set $low (v128.load32_splat (local.get $weight)))
        (local.set $high (v128.load32_splat offset=4 (local.get $weight)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (local.set $left
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $one) (local.get $other)))
        (local.set $right
          (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $one) (local.get $other)))
        (local.set $pair (i16x8.extend_low_i8x16_u (local.get $left)))
        (local.set $low0 (i32x4.add (local.get $low0) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low))))
        (local.set $high0 (i32x4.add (local.get $high0) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high))))
        (local.set $pair (i16x8.extend_high_i8x16_u (local.get $left)))
        (local.set $low1 (i32x4.add (local.get $low1) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low))))
        (local.set $high1 (i32x4.add (local.get $high1) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high))))
        (local.set $pair (i16x8.extend_low_i8x16_u (local.get $right)))
        (local.set $low2 (i32x4.add (local.get $low2) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low))))
        (local.set $high2 (i32x4.add (local.get $high2) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high))))
        (local.set $pair (i16x8.extend_high_i8x16_u (local.get $right)))
        (local.set $low3 (i32x4.add (local.get $low3) (i32x4.dot_i16x8_s (local.get $pair) (local.get $low))))
        (local.set $high3 (i32x4.add (local.get $high3) (i32x4.dot_i16x8_s (local.get $pair) (local.get $high))))
        (br_if $nextPair (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
      (v128.store (local.get $target)
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (i32x4.add (local.get $low0) (i32x4.shl (local.get $high0) (i32.const 15))) (i32.const 22))
            (i32x4.shr_s (i32x4.add (local.get $low1) (i32x4.shl (local.get $high1) (i32.const 15))) (i32.const 22)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (i32x4.add (local.get $low2) (i32x4.shl (local.get $high2) (i32.const 15))) (i32.const 22))
            (i32x4.shr_s (i32x4.add (local.get $low3) (i32x4.shl (local.get $high3) (i32.const 15))) (i32.const 22)))))
      (local.set $source (i32.add (local.get $source) (i32.const 16)))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $nextBytes (i32.lt_u (local.get $target) (local.get $end)))))

  ;; Writes a rectangle of RGB pixels as three planes of 32-bit numbers, looked up in three tables of 256 each.
  ;; The numbers of a plane are packed; planes are $planeStride bytes apart.
  (func (export "lookUp")
    (param $source i32) (param $sourceStride i32) (param $width i32) (param $height i32)
    (param $target i32) (param $planeStride i32) (param $tables i32)
    (local $from i32) (local $end i32) (local $green i32) (local $blue i32)
    (local.set $green (i32.add (local.get $target) (local.get $planeStride)))
    (local.set $blue (i32.add (local.get $green) (local.get $planeStride)))
    (loop $nextRow
      (local.set $from (local.get $source))
      (local.set $end (i32.add (local.get $from) (i32.mul (local.get $width) (i32.const 3))))
      (loop $nextPixel
        (i32.store (local.get $target)
          (i32.load (i32.add (local.get $tables)
            (i32.shl (i32.load8_u (local.get $from)) (i32.const 2)))))
        (i32.store (local.get $green)
          (i32.load offset=1024 (i32.add (local.get $tables)
            (i32.shl (i32.load8_u offset=1 (local.get $from)) (i32.const 2)))))
        (i32.store (local.get $blue)
          (i32.load offset=2048 (i32.add (local.get $tables)
            (i32.shl (i32.load8_u offset=2 (local.get $from)) (i32.const 2)))))
        (local.set $target (i32.add (local.get $target) (i32.const 4)))
        (local.set $green (i32.add (local.get $green) (i32.const 4)))
        (local.set $blue (i32.add (local.get $blue) (i32.const 4)))
        (local.set $from (i32.add (local.get $from) (i32.const 3)))
        (br_if $nextPixel (i32.lt_u (local.get $from) (local.get $end))))
      (local.set $source (i32.add (local.get $source) (local.get $sourceStride)))
      (br_if $nextRow (local.tee $height (i32.sub (local.get $height) (i32.const 1)))))))
