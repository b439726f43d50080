# The commands of Keystream; docs/contributing.md says what each is for. The work is in .ci/.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run test soak dev release image reproducible screenshots bench advisories

# Keystream in demo mode on http://127.0.0.1:3000. KEYSTREAM_LISTEN passes through. Ctrl-C ends everything.
run:
	@.ci/setup run
	@.ci/build dev
	@exec target/keystream serve --demo

# Every check: formatting, lints for both targets, unit and integration tests, the archive and the image, made of the
# build that the tests use, and browser tests with accessibility.
test:
	@.ci/setup test
	@.ci/check

# The long loops of faults and races: 500 kills under load, 200 random scenarios, the fault matrix ten times.
soak:
	@.ci/setup test
	@.ci/soak

# As run, and again after every change of a source file.
dev:
	@.ci/setup run
	@.ci/dev

# A directory with the binary and its site, target/release-dir, and an archive of it.
release:
	@.ci/setup release
	@.ci/build release
	@.ci/sizes target/release-dir
	@.ci/package

# A release as an OCI image, in an archive; asks no image registry.
image:
	@.ci/setup image
	@.ci/build release
	@.ci/image

# Whether two builds of HEAD give the same release, or which files differ; takes twice as long as a release.
reproducible:
	@.ci/compare-releases

# Keystream beside what people use now, measured in one run (end2end/bench/README.md); fails nothing.
# BENCH passes flags through: make bench BENCH="--quick".
bench:
	@.ci/setup bench
	@.ci/build release
	@.ci/bench $(BENCH)

# The dependencies against RustSec's newest advisories, which come from GitHub; `make test` uses a copy.
advisories:
	@.ci/setup release
	@.ci/check-advisories --newest

# The pictures of README, in end2end/screenshots.
screenshots:
	@.ci/setup test
	@.ci/build dev
	@cd end2end && CHROMIUM="$$(source ../.ci/env.sh && chromium_binary)" \
		npx playwright test --config screenshots.config.ts
