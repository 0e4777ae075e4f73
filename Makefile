# `make run` and `make test` are all that a fresh machine needs; both set up first what is missing.
.DEFAULT_GOAL := help
.PHONY: help setup browser run train test lint data-check unit stories simulate chaos mutants bench eval
# Compiling Rasa and TensorFlow anew at every start would take longer than everything else together.
unexport PYTHONDONTWRITEBYTECODE
bin := .venv/bin
quiet := RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 SQLALCHEMY_SILENCE_UBER_WARNING=1 PYTHONWARNINGS=ignore

help: ## Show these lines
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

setup: ## Make .venv from the lock file
	@sh scripts/setup

run: setup ## Start the bot and its page; ARGS="--port 5006" passes options on
	@$(bin)/refund-desk run $(ARGS)

train: setup ## Train the model, if its sources have changed
	@$(bin)/refund-desk train

test: lint train data-check unit stories ## Everything that must pass
	@echo "All tests have passed."

lint: setup ## Format, lint, types, and who may import whom
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports

data-check: setup ## Rasa's own check of domain and training data
	@sh scripts/quietly data-check env $(quiet) $(bin)/rasa data validate --fail-on-warnings

unit: train browser ## Unit, store, HTTP and browser tests; ARGS="-k words" selects
	$(bin)/pytest $(ARGS)

browser:
	@sh scripts/browser

stories: train ## The conversation stories
	@sh scripts/stories

simulate: train ## Simulated customers against the running bot; ARGS="--scenarios 50 --runs 2 --seed 3"
	@$(bin)/python scripts/simulate.py $(ARGS)

chaos: setup ## Kill customers and workers at random points; ARGS="--scenarios 5000 --seed 7"
	@$(bin)/python scripts/chaos.py $(ARGS)

mutants: train browser ## Put known faults into the code, and say which test catches each; ARGS="-k cases --at REV"
	@$(bin)/python -m scripts.mutants $(ARGS)

bench: train browser ## Measure decisions, turns and pages
	@$(bin)/python scripts/bench.py $(ARGS)
	@$(bin)/python scripts/page_costs.py

EVAL := ../shared/eval/utterances_dev.jsonl
eval: train ## How well messages are understood, with reports in results/; EVAL=FILE names labelled messages
	@echo "Cross-validation of the training data"
	@$(bin)/python scripts/cross_validate.py results/cross-validation
	@echo && echo "$(EVAL)"
	@$(bin)/refund-desk evaluate $(EVAL) --report results/evaluation
