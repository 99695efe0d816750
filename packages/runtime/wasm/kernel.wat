;; The inner loops of making weights of few bits. `pnpm build:kernel` turns this file into src/kernel-code.ts.
(module
  (memory (export "memory") 1)

  ;; The float32 of largest size between two places, a positive one before a negative one; 0 when all are 0 or no numbers.
  (func $largest (param $source i32) (param $end i32) (result f32)
    (local $next v128) (local $high v128) (local $low v128) (local $top f32) (local $bottom f32)
    (loop $more
      ;; These two return their left operand when the right one is no number.
      (local.set $high (f32x4.pmax (local.get $high) (local.tee $next (v128.load (local.get $source)))))
      (local.set $low (f32x4.pmin (local.get $low) (local.get $next)))
      (br_if $more (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end))))
    (local.set $high
      (f32x4.pmax (local.get $high) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $high) (local.get $high))))
    (local.set $low
      (f32x4.pmin (local.get $low) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $low) (local.get $low))))
    (local.set $top (f32.max (f32x4.extract_lane 0 (local.get $high)) (f32x4.extract_lane 1 (local.get $high))))
    (local.set $bottom (f32.min (f32x4.extract_lane 0 (local.get $low)) (f32x4.extract_lane 1 (local.get $low))))
    (select (local.get $top) (local.get $bottom) (f32.ge (local.get $top) (f32.neg (local.get $bottom)))))

  ;; Rounds $blocks blocks of $length float32 numbers, a multiple of 4, to bytes: scale = largest / $divisor, without its sign when
  ;; $divisor is positive; byte = number / scale + $zero, rounded half up in float64. Scales are float32.
  (func (export "roundBlocks")
    (param $source i32) (param $blocks i32) (param $length i32) (param $divisor f64) (param $zero f64)
    (param $target i32) (param $scales i32)
    (local $end i32) (local $scale f32) (local $factor v128) (local $shift v128) (local $next v128)
    ;; Cutting off a positive number's fraction is the fast way to round.
    (local.set $shift (f64x2.splat (f64.add (local.get $zero) (f64.const 0.5))))
    (loop $nextBlock
      (local.set $end (i32.add (local.get $source) (i32.shl (local.get $length) (i32.const 2))))
      (local.set $scale
        (f32.demote_f64
          (f64.div (f64.promote_f32 (call $largest (local.get $source) (local.get $end))) (local.get $divisor))))
      (if (f64.gt (local.get $divisor) (f64.const 0)) (then (local.set $scale (f32.abs (local.get $scale)))))
      (f32.store (local.get $scales) (local.get $scale))
      (local.set $factor
        (f64x2.splat
          (select (f64.const 0) (f64.div (f64.const 1) (f64.promote_f32 (local.get $scale))) (f32.eq (local.get $scale) (f32.const 0)))))
      (loop $nextFour
        (local.set $next (v128.load (local.get $source)))
        (local.set $next
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
            (i32x4.trunc_sat_f64x2_s_zero
              (f64x2.add (f64x2.mul (f64x2.promote_low_f32x4 (local.get $next)) (local.get $factor)) (local.get $shift)))
            (i32x4.trunc_sat_f64x2_s_zero
              (f64x2.add
                (f64x2.mul
                  (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $next) (local.get $next)))
                  (local.get $factor))
                (local.get $shift)))))
        ;; Narrowing clamps to 0..255.
        (local.set $next (i16x8.narrow_i32x4_s (local.get $next) (local.get $next)))
        (v128.store32_lane 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $next) (local.get $next)))
        (local.set $target (i32.add (local.get $target) (i32.const 4)))
        (br_if $nextFour (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br_if $nextBlock (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))

  ;; Rounds $blocks blocks of 64 float32 numbers to NF4: scale = largest size; code = how many thresholds, which lie halfway between
  ;; two levels each, number / scale exceeds, in float32. Two codes a byte, the first in the higher half.
  (func (export "roundNf4") (param $source i32) (param $blocks i32) (param $target i32) (param $scales i32)
    (local $end i32) (local $scale f32) (local $factor v128) (local $next v128) (local $code v128)
    (loop $nextBlock
      (local.set $end (i32.add (local.get $source) (i32.const 256)))
      (local.set $scale (f32.abs (call $largest (local.get $source) (local.get $end))))
      (f32.store (local.get $scales) (local.get $scale))
      (local.set $factor
        (f32x4.splat (select (f32.const 0) (f32.div (f32.const 1) (local.get $scale)) (f32.eq (local.get $scale) (f32.const 0)))))
      (loop $nextFour
        (local.set $next (f32x4.mul (v128.load (local.get $source)) (local.get $factor)))
        (local.set $code (i32x4.splat (i32.const 0)))
        ;; True is -1.
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.8480963706970215)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.6106328964233398)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.4599952697753906)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.33967941999435425)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.23460739850997925)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.13791173696517944)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const -0.045525018125772476)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.03979014977812767)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.120255246758461)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.2035212516784668)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.2920137643814087)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.3893125355243683)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.5016634464263916)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.6427869200706482)))))
        (local.set $code (i32x4.sub (local.get $code) (f32x4.gt (local.get $next) (f32x4.splat (f32.const 0.8614784479141235)))))
        (local.set $code (v128.or (i32x4.shl (local.get $code) (i32.const 4)) (i64x2.shr_u (local.get $code) (i32.const 32))))
        (v128.store8_lane 0 (local.get $target) (local.get $code))
        (v128.store8_lane offset=1 8 (local.get $target) (local.get $code))
        (local.set $target (i32.add (local.get $target) (i32.const 2)))
        (br_if $nextFour (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br_if $nextBlock (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))

  ;; Puts each two of $length bytes, a multiple of 16, into one, clamped to 0..15, the first in the lower half.
  (func (export "joinHalves") (param $source i32) (param $length i32) (param $target i32)
    (local $pairs v128) (local $end i32)
    (local.set $end (i32.add (local.get $source) (local.get $length)))
    (loop $more
      (local.set $pairs (i8x16.min_u (v128.load (local.get $source)) (i8x16.splat (i32.const 15))))
      (local.set $pairs
        (v128.and (v128.or (local.get $pairs) (i16x8.shr_u (local.get $pairs) (i32.const 4))) (i16x8.splat (i32.const 0xff))))
      (v128.store64_lane 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $pairs) (local.get $pairs)))
      (local.set $target (i32.add (local.get $target) (i32.const 8)))
      (br_if $more (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  ;; Widens $length bfloat16 numbers to float32: they are the upper halves of those. By eight, so up to seven more are read and written.
  (func (export "widenBfloat16") (param $source i32) (param $length i32) (param $target i32)
    (local $next v128) (local $end i32)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $length) (i32.const 1))))
    (loop $more
      (local.set $next (v128.load (local.get $source)))
      (v128.store (local.get $target) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $next)) (i32.const 16)))
      (v128.store offset=16 (local.get $target) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $next)) (i32.const 16)))
      (local.set $target (i32.add (local.get $target) (i32.const 32)))
      (br_if $more (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  ;; Transposes $rows rows of $length bytes, and subtracts $zero from each.
  (func (export "transposeBytes") (param $source i32) (param $rows i32) (param $length i32) (param $zero i32) (param $target i32)
    (local $row i32) (local $end i32) (local $place i32)
    (loop $nextRow
      (local.set $place (i32.add (local.get $target) (local.get $row)))
      (local.set $end (i32.add (local.get $source) (local.get $length)))
      (loop $nextByte
        (i32.store8 (local.get $place) (i32.sub (i32.load8_u (local.get $source)) (local.get $zero)))
        (local.set $place (i32.add (local.get $place) (local.get $rows)))
        (br_if $nextByte (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 1))) (local.get $end))))
      (br_if $nextRow (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $rows))))))
