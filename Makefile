.PHONY: run test stop reset
run test stop reset:
	@python3 dev.py $@
