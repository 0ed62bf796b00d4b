/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.json.Json;
import dev.millrace.text.template.limit.TemplateException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Python's arithmetic: integers up to 4096 bits, floor division, true division. */
public final class Numbers {

    private static final int MAX_BITS = 4096;

    private Numbers() {
    }

    public static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof BigInteger
                || value instanceof Boolean;
    }

    public static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
    }

    public static Object shortest(BigInteger value) {
        if (value.bitLength() < 64) {
            return value.longValue();
        }
        if (value.bitLength() > MAX_BITS) {
            throw TemplateException.of("an integer has more than " + MAX_BITS + " bits");
        }
        return value;
    }

    public static double real(Object number) {
        return switch (number) {
            case Boolean b -> b ? 1 : 0;
            case Number n -> n.doubleValue();
            default -> throw TemplateException.of("must be real number, not " + Types.of(number));
        };
    }

    public static BigInteger integer(Object number) {
        return switch (number) {
            case Boolean b -> b ? BigInteger.ONE : BigInteger.ZERO;
            case Long n -> BigInteger.valueOf(n);
            case BigInteger n -> n;
            default -> throw notInteger(number);
        };
    }

    private static TemplateException notInteger(Object value) {
        return value instanceof Undefined missing
                ? missing.failure()
                : TemplateException.of("'" + Types.of(value) + "' object cannot be interpreted as an integer");
    }

    /** An integer for counts and positions; one that does not fit becomes the nearest that does. */
    public static int index(Object number) {
        return switch (number) {
            case Boolean b -> b ? 1 : 0;
            case Long n -> Math.clamp(n, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BigInteger n -> n.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            default -> throw notInteger(number);
        };
    }

    public static Object arithmetic(String operator, Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            return real(operator, real(a), real(b));
        }
        if (a instanceof Long x && b instanceof Long y) {
            long r;
            switch (operator) {
                case "+" -> {
                    r = x + y;
                    if (((x ^ r) & (y ^ r)) >= 0) {
                        return r;
                    }
                }
                case "-" -> {
                    r = x - y;
                    if (((x ^ y) & (x ^ r)) >= 0) {
                        return r;
                    }
                }
                default -> {
                    // the general way below
                }
            }
        }
        BigInteger x = integer(a);
        BigInteger y = integer(b);
        return switch (operator) {
            case "+" -> shortest(x.add(y));
            case "-" -> shortest(x.subtract(y));
            case "*" -> shortest(x.multiply(y));
            case "/" -> {
                requireDivisor(y.signum() != 0, "division by zero");
                yield new BigDecimal(x).divide(new BigDecimal(y), MathContext.DECIMAL128).doubleValue();
            }
            case "//" -> {
                requireDivisor(y.signum() != 0, "integer division or modulo by zero");
                BigInteger[] parts = x.divideAndRemainder(y);
                yield shortest(parts[1].signum() != 0 && parts[1].signum() != y.signum()
                        ? parts[0].subtract(BigInteger.ONE)
                        : parts[0]);
            }
            case "%" -> {
                requireDivisor(y.signum() != 0, "integer modulo by zero");
                BigInteger rest = x.remainder(y);
                yield shortest(rest.signum() != 0 && rest.signum() != y.signum() ? rest.add(y) : rest);
            }
            case "**" -> power(x, y);
            default -> throw new IllegalStateException("No arithmetic for " + operator);
        };
    }

    private static Object power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return real("**", base.doubleValue(), exponent.doubleValue());
        }
        boolean small = base.bitLength() <= 1 && base.abs().compareTo(BigInteger.ONE) <= 0;
        if (small) {
            return shortest(base.signum() < 0 && !exponent.testBit(0)
                    ? BigInteger.ONE
                    : exponent.signum() == 0 ? BigInteger.ONE : base);
        }
        if (exponent.bitLength() > 16 || (long) base.bitLength() * exponent.intValue() > 2L * MAX_BITS) {
            throw TemplateException.of("an integer has more than " + MAX_BITS + " bits");
        }
        return shortest(base.pow(exponent.intValue()));
    }

    private static Object real(String operator, double x, double y) {
        return switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> {
                requireDivisor(y != 0, "float division by zero");
                yield x / y;
            }
            case "//" -> {
                requireDivisor(y != 0, "float floor division by zero");
                yield Math.floor((x - modulo(x, y)) / y + 0.5);
            }
            case "%" -> {
                requireDivisor(y != 0, "float modulo by zero");
                yield modulo(x, y);
            }
            case "**" -> {
                requireDivisor(x != 0 || y >= 0, "0.0 cannot be raised to a negative power");
                yield Math.pow(x, y);
            }
            default -> throw new IllegalStateException("No arithmetic for " + operator);
        };
    }

    private static double modulo(double x, double y) {
        double rest = x % y;
        if (rest != 0 && (rest < 0) != (y < 0)) {
            return rest + y;
        }
        return rest == 0 ? Math.copySign(0.0, y) : rest;
    }

    private static void requireDivisor(boolean good, String problem) {
        if (!good) {
            throw TemplateException.of(problem);
        }
    }

    public static Object negative(Object value) {
        return value instanceof Double d ? (Object) (-d) : shortest(integer(value).negate());
    }

    public static int compare(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            return Long.compare(x, y);
        }
        if (a instanceof Double || b instanceof Double) {
            double x = real(a);
            double y = real(b);
            if (Double.isNaN(x) || Double.isNaN(y) || Double.isInfinite(x) || Double.isInfinite(y)
                    || (a instanceof Double && b instanceof Double)) {
                // what is no number comes last, so that sorting has a total order
                return x < y ? -1 : x > y ? 1 : Boolean.compare(Double.isNaN(x), Double.isNaN(y));
            }
            return exact(a).compareTo(exact(b));
        }
        return integer(a).compareTo(integer(b));
    }

    private static BigDecimal exact(Object number) {
        return number instanceof Double d ? new BigDecimal(d) : new BigDecimal(integer(number));
    }

    /** Whole part of a float as an integer. */
    public static Object truncate(double value) {
        if (!Double.isFinite(value)) {
            throw TemplateException.of("cannot convert float " + repr(value) + " to integer");
        }
        return shortest(new BigDecimal(value).toBigInteger());
    }

    /** A float as Python writes it. */
    public static String repr(double value) {
        return Double.isNaN(value)
                ? "nan"
                : Double.isInfinite(value) ? value < 0 ? "-inf" : "inf" : Json.number(value);
    }

    /** Rounds to digits behind the point, halves to even on the exact binary value, as Python's {@code round} does. */
    public static double round(double value, int digits, RoundingMode mode) {
        if (!Double.isFinite(value) || digits > 330) {
            return value;
        }
        return new BigDecimal(value).setScale(Math.max(digits, -400), mode).doubleValue();
    }
}
