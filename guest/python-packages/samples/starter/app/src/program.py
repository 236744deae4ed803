def run(data, params):
    return data
