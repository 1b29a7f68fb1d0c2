"""Formulas that a person, a prank or an attack may type: each is to be refused in words, or evaluated, at once."""

from __future__ import annotations

import string

#: Would run something, if anything were run; ``canary`` is a function that the test puts among Python's builtins.
CODE = [
    "canary()", "canary(x)", "canary", "x + canary()", "sin(canary())", "max(x, canary())", "where(canary(), x, y)",
    "canary() if x else y", "[canary() for x in y]", "(canary() for x in y)", "{canary(): x}", "{canary()}",
    "lambda: canary()", "(lambda: canary())()", "(lambda f: f())(canary)", "sum(canary() for i in x)",
    "(y := canary())", "f'{canary()}'", 'f"{canary()!r}"', "rf'{canary()}'", "x, canary()", "*canary()", "**canary()",
    "not canary()", "-canary()", "canary() ** x", "canary()[0]", "x[canary()]", "x.canary()", "canary.__call__()",
    "await canary()", "yield canary()", "print(canary())", "canary\n()", "canary ()", "canary();x", "x;canary()",
    "x\ncanary()", "x\r\ncanary()", "x\x0ccanary()", "x#\ncanary()", "if x: canary()", "while 1: canary()",
    "for x in y: canary()", "def f(): canary()", "class x: canary()", "@canary", "x = canary()", "x += canary()",
    "x: canary() = 1", "assert canary()", "raise canary()", "del canary", "global canary", "try: canary()",
    "with canary() as x: x", "import canary", "from canary import x", "return canary()", "match x: case canary(): x",
    "__import__('os').system('touch canary')", "__import__(os).system(touch)", "__import__", "__builtins__",
    "__builtins__['eval']('canary()')", "globals()['canary']()", "locals()", "vars()", "dir()", "eval('canary()')",
    "exec('canary()')", "eval(canary)", "exec(canary)", "compile(x, y, z)", "open('canary', 'w')", "input()",
    "breakpoint()", "help()", "exit()", "quit()", "getattr(x, y)", "setattr(x, y, z)", "type(x)", "object()",
    "().__class__.__bases__[0].__subclasses__()", "x.__class__.__mro__", "x.__init__.__globals__", "(1).real",
    "(1).__add__(2)", "1 .real", "''.join(x)", "'canary'.format(x)", "'%s' % x", "x.__dict__", "abs.__self__",
    "sin.__globals__['canary']()", "sum.__module__", "(x).__getattribute__('y')", "os.system(x)", "torch.load(x)",
    "torch.ops", "np.sin(x)", "math.sqrt(x)", "numpy.load(x)", "pickle.loads(x)", "subprocess.run(x)", "sys.exit()",
    "\\N{LATIN SMALL LETTER X}", "\\x78", "x\\u0028", "$(touch canary)", "`touch canary`", "; touch canary", "| sh",
    "&& canary", "%(canary)s", "{{canary()}}", "${canary}", "<script>canary()</script>", "=canary()", "@SUM(x)",
    "'; DROP TABLE x; --", "../../canary", "file:///canary", "\\input{canary}", "\\write18{touch canary}", "$x$",
]  # fmt: skip

#: Look alike, or are not seen at all.
UNICODE = [
    "\u0445**2", "\u0443 + x", "s\u0456n(x)", "\u03bfs(x)", "\uff58**2", "\uff53\uff49\uff4e(x)", "\u210c + x",
    "\u1d465**2",
    "\U0001d465**2", "x\u00b2", "x\u207f", "x \u00d7 y", "x \u00f7 y", "x \u2212 y", "x \u2217 y", "x \u22c5 y",
    "x \u2044 2", "x \u2215 2", "\u221ax", "\u2211x", "\u03c0*x", "\u03b1*x", "\u212f*x", "\u221e*x", "x \u2264 y",
    "x \u2260 y", "\uff08x\uff09", "\u2768x\u2769", "x\uff0b1", "x\uff0a2", "\uff12*x", "\u0662*x", "\u00bd*x",
    "\u2460*x",
    "x\u200b", "\u200bx", "x\u200d2", "x\ufeff", "\ufeffx", "x\u202e2", "\u202ex\u202c", "x\u2066y\u2069", "x\u00ad2",
    "x\u0301", "x\u20dd", "x\u00a02x", "\u3000", "x\u2028y", "x\u2029y", "x\x00", "\x00", "x\x1b[31m", "x\x7f",
    "x\x85y",
    "\ud800x", "x\udfff", "\U0001f600", "\U0010ffff", "e\u0301", "\u2118", "\u00aa", "\u00ba", "_\u00b7x", "\u1160x",
]  # fmt: skip

#: Programming that is no mathematics, and mathematics that is not whole.
GRAMMAR = [
    "", " ", "\t", "\n", "x[0]", "x[:]", "x_1[0]", "x[y]", "[x]", "[x, y]", "[]", "{}", "{x: y}", "{*x}", "()", "(,)",
    "(x,)", "x,", "x, y", ",x", "*x", "sin(*x)", "sin(**x)", "min(x, key=y)", "sin(x=1)", "x if y else z", "x and y",
    "x or y", "not x", "x is y", "x is not y", "x in y", "x not in y", "None", "True", "False", "...", "Ellipsis", "~x",
    "x @ y", "x & y", "x | y", "x << 2", "x >> 2", "x // 2", "x = 2", "x == ", "== x", "0 < x < 1", "x <> y", "x =< y",
    "x => y", "x =! y", "x -> y", "x : y", "x ? y", "x!", "!x", "|x|", "x'", "x\"", "'x'", '"x"', "b'x'", "'''x'''",
    "#x",
    "x #", "x \\", "x + ", "x -", "x *", "x **", "* x", "** x", "/ x", "x */ y", "x ** * y", "x + * y", "(x", "x)",
    ")(",
    "((x)", "(x))", ")", "(", "sin", "sin x", "sin()", "sin(x, y)", "sin(,)", "sin(x,)y", "sin(x", "atan2(x)",
    "where(x)",
    "clamp(x, 1)", "2x", "x2y", "2 x", "x y", "(x)(y)", "x(2)", "2(x)", "x_i", "i", "x + x_i", "sum(x)", "sum(i)",
    "sum(sum(x_i))", "sum(x_i) + x", "x_0 + sum(x_i)", "norm(x_i + max(y_i))", "_", "__", "_x", "x__y", "x_", "foo",
    "foo(x)", "sinus(x)", "pi(x)", "e(x)", "x_99999", "x99999", "3", "pi", "1 + 1", "sin(1)", "sum(1, 2)", "3j*x",
    "x*1j",
    "0x1F*x", "0b1*x", "1_000*x", "1e*x", "1e5e5*x", "1.2.3*x", ".*x", "1..real", "1l*x", "1f*x", "x.5", "..x",
]  # fmt: skip

#: Large, deep or endless.
SIZE = [
    "(" * 10_000 + "x" + ")" * 10_000, "(" * 900 + "x" + ")" * 900, "(" * 41 + "x" + ")" * 41, "(" * 10_000,
    ")" * 10_000,
    "[" * 10_000, "-" * 1_999 + "x", "+" * 1_999 + "x", "- " * 900 + "x", "1" + "+" * 1_000 + "x", "x**" * 600 + "x",
    "x^" * 900 + "x", "sin(" * 400 + "x" + ")" * 400, "abs(" * 41 + "x" + ")" * 41, "x" * 2_001, "x" * 10_000_000,
    "a" * 1_999, "9" * 400 + "*x", "9" * 1_999, "1e999*x", "0." + "0" * 1_500 + "1*x", " " * 2_001,
    "\n" * 5_000, "x+" * 5_000, "," * 1_999, "max(" + "x," * 999 + ")", "x<" * 900 + "x", "x_" * 900, "." * 1_999,
    "+".join(f"x{k}" for k in range(100_000)), "where(x, " * 60 + "x" + ", x)" * 60, "_" * 1_999, "e" * 1_999,
    "+".join(f"sum({c}_i)" for c in string.ascii_letters if c not in "ei"), "lambda " * 300, "not " * 480 + "x",
]  # fmt: skip

#: Read and evaluated: what they give is a number, an infinity, or no number, but never an answer that does not end.
EVALUATED = [
    "9**9**9**9*x", "9**9**9**9**9**9*x", "x**9**9**9", "(9**9)**(9**9)*x", "10^308*10^308*x", "1e308*1e308*x", "x/0",
    "0/0*x", "x/(y - y)", "x % 0", "1/(x - 1)", "log(0*x)", "log(-x)", "log(-1 - x**2)", "sqrt(-x)", "sqrt(-1)*x",
    "(-1)**0.5*x", "(-x)**0.5", "(-8)**(1/3)*x", "x**-1e300", "asin(x + 5)", "acos(x - 9)", "exp(exp(exp(exp(x))))",
    "exp(1e300*x)", "sinh(1e300*x)", "tan(pi/2)*x", "atan2(0*x, 0)", "0*x", "x - x", "x**0", "0**x", "0**0*x", "0**-x",
    "floor(x)", "sign(x)", "round(1e308*x)", "clamp(x, 1, -1)", "where(x, y, z)", "min(x, y, x, y)", "norm(0*x, 0*y)",
    "x" + "+x" * 999, "x" + "*x" * 999, "x" + "/x" * 999, "x" + "-1" * 999, "(" * 40 + "x" + ")" * 40, "-" * 10 + "x",
    "x**" * 60 + "x", "sin(" * 40 + "x" + ")" * 40, "where(x > 0, " * 40 + "x" + ", 1)" * 40, "sum(x_i**2)",
    "sum(i**i*x_i)", "prod(x_i)", "prod(1e300*x_i)", "norm(1e300*x_i)", "mean(log(-x_i))", "max(x_i/0)",
    "sum(" + "*".join(["x_i"] * 480) + ")", "sum(x_i" + "**x_1" * 60 + ")", "max(" + ",".join(["x"] * 900) + ")",
    "+".join(f"x{k}" for k in range(400)), "*".join(f"log(x{k})" for k in range(150)), "x%" * 900 + "x",
    "+".join(f"sum({c}_i)" for c in "abcdfghj"), "0." + "0" * 290 + "1*x", "1e-320*x", "5e-324*x", "x**2" + " " * 1_990,
    "l*I*O*o", "beta*x", "n", "0777*x", "1e-99999*x", "max(" + "x," * 900 + ")", "alpha*beta*gamma", "e*pi*x", "E*x",
    "((((((x))))))", "x\t+\ny", "x^y^z", "sum(x,y)",
]  # fmt: skip

REFUSED = [*CODE, *UNICODE, *GRAMMAR, *SIZE]
